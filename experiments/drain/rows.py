"""The rows that accepted events become."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from experiments.clock import day_of_us, microseconds
from experiments.drain.documents import Arrival, Batch, StoredEvent
from experiments.drain.quoted import QuotedSlate
from experiments.intake.shapes import text_id
from experiments.models import Event
from experiments.subjects.hashing import hashed_id
from experiments.subjects.hiding import with_hashes
from experiments.tokens import token_claim

VISITOR, ACCOUNT, SESSION = (bit.value for bit in Event.Borrowed)


class EventRow(Struct):
    """A row of `Event` before it is stored: its columns, JSON as text and the id as text."""

    site_id: int
    event_id: str
    type: str
    occurred_at: datetime
    ts_us: int
    day: str
    received_at: datetime
    api_key_id: int | None
    visitor_id: str
    account_id: str
    session_id: str
    request_id: UUID | None
    item_id: str
    rank: int | None
    items: str
    quantity: int | None
    amount: int | None
    currency: str
    order_id: str
    order_ref: str
    attributes: str
    properties: str
    is_verified: bool
    borrowed: int
    traffic: str = ""
    refunded: int = 0
    refunded_quantity: int = 0


def event_row(arrival: Arrival, slate: QuotedSlate | None) -> EventRow:
    """Return the row of one event; what it lacks of its unit comes from the slate it quotes."""
    batch, event, moment = arrival.batch, arrival.event, arrival.moment
    (visitor_id, account_id, session_id), borrowed = _lent(stored_ids(arrival), slate)
    ts_us, amount, order_id = microseconds(moment), event.amount, text_id(event.order_id)
    return EventRow(
        site_id=batch.site_id,
        event_id=event.event_id,
        type=event.type,
        occurred_at=moment,
        ts_us=ts_us,
        day=day_of_us(ts_us, batch.site.timezone),
        received_at=batch.received_at,
        api_key_id=batch.api_key_id,
        visitor_id=visitor_id,
        account_id=account_id,
        session_id=session_id,
        request_id=event.request_id,
        item_id=text_id(event.item_id),
        rank=event.rank,
        items=str(event.items, "utf-8"),
        quantity=event.quantity,
        amount=amount,
        currency="" if amount is None else batch.site.currency,
        order_id=order_id,
        order_ref=order_id or event.event_id,
        attributes=_bag(arrival, event.attributes),
        properties=_properties(arrival),
        is_verified=batch.is_trusted or _is_proved(batch, event),
        borrowed=borrowed,
        traffic=batch.traffic,
    )


def stored_ids(arrival: Arrival) -> tuple[str, str, str]:
    """Return the visitor, account and session id that were sent, as the site's rows hold them."""
    own, site = arrival.event.own_ids, arrival.batch.site
    if not site.hash_ids:
        return own
    visitor_id, account_id, session_id = (hashed_id(site.pk, each) for each in own)
    return visitor_id, account_id, session_id


def _lent(own: tuple[str, str, str], slate: QuotedSlate | None) -> tuple[tuple[str, str, str], int]:
    """Return an event's ids and, as bits, which of them the slate that it quotes lent it."""
    if slate is None or all(own):
        return own, 0
    visitor_id = own[0] or slate.visitor_id
    account_id = own[1] or slate.account_id
    session_id = own[2] or slate.session_id
    borrowed = VISITOR * (visitor_id != own[0]) + ACCOUNT * (account_id != own[1])
    return (visitor_id, account_id, session_id), borrowed + SESSION * (session_id != own[2])


def _bag(arrival: Arrival, raw: Raw) -> str:
    """Return attributes or properties as the site's rows hold them."""
    site = arrival.batch.site
    if not site.hash_ids:
        return str(raw, "utf-8")
    bag = with_hashes(msgspec.json.decode(raw), site_id=site.pk, ids=arrival.event.own_ids)
    return msgspec.json.encode(bag).decode()


def _properties(arrival: Arrival) -> str:
    bag = _bag(arrival, arrival.event.properties)
    if not arrival.is_corrected:
        return bag
    return bag[:-1] + ("," if len(bag) > len("{}") else "") + '"clock_corrected":true}'


def _is_proved(batch: Batch, event: StoredEvent) -> bool:
    """Return whether a browser's event carries the token of the slate that it quotes."""
    token, request_id = event.exposure_token, event.request_id
    if token is None or request_id is None:
        return False
    return token_claim(token) == (batch.site_id, request_id)
