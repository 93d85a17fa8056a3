"""The shapes of what storefronts send: units, events, slate requests. Compiled validators."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

MAX_AMOUNT = 10**13
MAX_ATTRIBUTES = 64
MAX_ITEMS = 500
MAX_EVENTS = 500
MAX_TOKENS = 32

Id = Annotated[str, Meta(min_length=1, max_length=256)]
# JavaScript clients send numbers as ids; beyond 2^53 they are no longer exact, so refused.
LooseId = Id | Annotated[int, Meta(ge=-(2**53), le=2**53)]
# In Python `$` alone lets a line end pass.
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]
Amount = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
UserAgent = Annotated[str, Meta(max_length=1024)]
Token = Annotated[str, Meta(max_length=1024)]
Quantity = Annotated[int, Meta(ge=0, le=1_000_000)]
Rank = Annotated[int, Meta(ge=1, le=10_000)]
EventType = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$(?!\n)")]
Attributes = Annotated[dict[Annotated[str, Meta(max_length=256)], Any], Meta(max_length=64)]


class Unit(Struct, frozen=True, omit_defaults=True):
    """The ids of whoever is meant; null and missing mean the same, an empty text is refused."""

    visitor_id: LooseId | None = None
    account_id: LooseId | None = None


class Money(Struct, frozen=True):
    """An amount in minor units."""

    amount: Amount
    currency: Currency


class Line(Struct, frozen=True):
    """One item of a list, a basket or a refund; the price is in minor units."""

    item_id: LooseId
    quantity: Quantity = 1
    price: Amount | None = None


class EventIn(Struct, frozen=True, omit_defaults=True):
    """One event as a storefront sends it."""

    event_id: UUID
    type: EventType
    occurred_at: Annotated[datetime, Meta(tz=True)]
    unit: Unit = Unit()
    request_id: UUID | None = None
    item_id: LooseId | None = None
    rank: Rank | None = None
    items: Annotated[list[Line], Meta(max_length=MAX_ITEMS)] = []
    quantity: Quantity | None = None
    value: Money | None = None
    order_id: LooseId | None = None
    session_id: LooseId | None = None
    attributes: Attributes = {}
    properties: Attributes = {}
    exposure_token: Token | None = None


class BatchContext(Struct, frozen=True):
    """What holds for a batch: by its sender's clock, and the visitor's user agent.

    `sent_at`: corrects the events of a clock that is wrong; `now`: the time on a simulated site.
    """

    now: Annotated[datetime, Meta(tz=True)] | None = None
    sent_at: Annotated[datetime, Meta(tz=True)] | None = None
    user_agent: UserAgent | None = None


class EventBatch(Struct, frozen=True):
    """A batch; its events stay raw so that a bad one never fails its neighbours."""

    events: Annotated[list[Raw], Meta(min_length=1)]
    context: BatchContext = BatchContext()


class Consent(Struct, frozen=True):
    """What the visitor agreed to."""

    personalization: bool = True
    analytics: bool = True


class SlateContext(Struct, frozen=True):
    """What the page knows when it asks for a list.

    `recent_items`: what the visitor looked at before, newest first, where the shop knows it sooner
    than its events tell us.
    """

    item_id: LooseId | None = None
    recent_items: Annotated[list[LooseId], Meta(max_length=50)] = []
    cart: Annotated[list[LooseId], Meta(max_length=500)] = []
    device: Annotated[str, Meta(max_length=64)] | None = None
    country: Annotated[str, Meta(max_length=64)] | None = None
    now: Annotated[datetime, Meta(tz=True)] | None = None
    user_agent: UserAgent | None = None


class Question(Struct, frozen=True, kw_only=True):
    """Who asks, as every question about assignment says it.

    `force`: tokens of links that show one variant. `kept`: tokens that a sticky experiment answered
    with. `qa`: asked by a tester, of a server with a secret key.
    """

    unit: Unit = Unit()
    session_id: LooseId | None = None
    attributes: Attributes = {}
    consent: Consent = Consent()
    force: Token | Annotated[list[Token], Meta(max_length=MAX_TOKENS)] = []
    kept: Annotated[list[Token], Meta(max_length=MAX_TOKENS)] = []
    qa: bool = False


class SlateRequest(Question, frozen=True, kw_only=True):
    """A call for a list of recommendations."""

    placement: Annotated[str, Meta(min_length=1, max_length=80)]
    k: Annotated[int, Meta(ge=1, le=100)] = 10
    context: SlateContext = SlateContext()


class AssignmentRequest(Question, frozen=True, kw_only=True):
    """A question which variants a unit belongs to; nothing is recorded."""

    experiment: Annotated[str, Meta(max_length=80)] | None = None


def text_id(value: str | int | UnsetType | None) -> str:
    """Return an id as text, "" when there is none; integers become their decimal text."""
    return "" if value is None or value is UNSET else str(value)


def decimal_of(text: str) -> Decimal:
    """Return a number as it was written; one that no decimal holds is not a number.

    >>> decimal_of("19.90"), decimal_of("1e99999999999999999999")
    (Decimal('19.90'), Decimal('NaN'))
    """
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


event_decoder = msgspec.json.Decoder(EventIn)
batch_decoder = msgspec.json.Decoder(EventBatch)
slate_decoder = msgspec.json.Decoder(SlateRequest)
assignment_decoder = msgspec.json.Decoder(AssignmentRequest)
encoder = msgspec.json.Encoder()
