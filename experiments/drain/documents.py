"""What inbox rows of events hold, read as far as applying needs it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from experiments.intake.accepting import MAX_AHEAD, sum_of
from experiments.intake.shapes import EventIn, Line, Money, event_decoder, text_id
from experiments.models import InboxBatch, Site

NO_ITEMS, NO_NAMES = Raw(b"[]"), Raw(b"{}")


class StoredUnit(Struct, frozen=True):
    """The ids of an accepted event's unit."""

    visitor_id: str | int | None = None
    account_id: str | int | None = None


NOBODY = StoredUnit()


class StoredEvent(Struct, frozen=True):
    """An accepted event. What goes into its row as it is stays undecoded; all was checked."""

    event_id: str
    type: str
    occurred_at: datetime
    unit: StoredUnit = NOBODY
    request_id: UUID | None = None
    item_id: str | int | None = None
    rank: int | None = None
    items: Raw = NO_ITEMS
    quantity: int | None = None
    value: Money | None = None
    order_id: str | int | None = None
    session_id: str | int | None = None
    attributes: Raw = NO_NAMES
    properties: Raw = NO_NAMES
    exposure_token: str | None = None

    @property
    def amount(self) -> int | None:
        """Return the amount in minor units: the value, else the sum of the priced items."""
        if self.value is not None:
            return self.value.amount
        return None if self.items == NO_ITEMS else sum_of(_lines.decode(self.items))

    @property
    def own_ids(self) -> tuple[str, str, str]:
        """Return the visitor, account and session id that were sent, "" for none."""
        unit = self.unit
        return text_id(unit.visitor_id), text_id(unit.account_id), text_id(self.session_id)


class EventDocument(Struct, frozen=True):
    """What an inbox row of events holds; `key`: what sent it, `traffic`: its kind."""

    trusted: bool
    now: datetime
    events: list[Raw]
    key: int | None = None
    traffic: str = ""
    skew_s: int = 0


class Batch(Struct, frozen=True):
    """What holds for all events of an inbox row.

    `latest`: the last moment that is taken, by the sender's clock, which is `skew` ahead of ours.
    """

    site: Site
    site_id: int
    is_trusted: bool
    now: datetime
    latest: datetime
    received_at: datetime
    api_key_id: int | None
    traffic: str = ""
    skew: timedelta = timedelta()


class Arrival(Struct, frozen=True):
    """One accepted event on its way to its row; `raw` is how the inbox spelt it."""

    batch: Batch
    event: StoredEvent
    raw: Raw
    body_hash: int

    @property
    def is_ahead(self) -> bool:
        """Return whether the sender's clock runs ahead of ours."""
        return self.event.occurred_at > self.batch.latest

    @property
    def moment(self) -> datetime:
        """Return when it happened; of a clock that runs ahead, arrival time is closer."""
        # In UTC: PostgreSQL takes no offset of sixteen hours or more.
        occurred_at = self.event.occurred_at
        return self.batch.now if self.is_ahead else occurred_at.astimezone(UTC) - self.batch.skew

    @property
    def is_corrected(self) -> bool:
        """Return whether it is dated otherwise than its sender did."""
        return self.is_ahead or bool(self.batch.skew)

    @property
    def body(self) -> str:
        """Return the event as the inbox spelt it."""
        return str(self.raw, "utf-8")

    def whole(self) -> EventIn:
        """Return the event with all that it holds decoded."""
        return event_decoder.decode(self.raw)


_documents = msgspec.json.Decoder(EventDocument)
_events = msgspec.json.Decoder(StoredEvent)
_lines = msgspec.json.Decoder(list[Line])


def read_arrivals(rows: Sequence[InboxBatch]) -> list[Arrival]:
    """Return the events of inbox rows; raises msgspec's errors on what no code of ours wrote."""
    sites = Site.objects.in_bulk({row.site_id for row in rows})
    return [arrival for row in rows for arrival in _arrivals_of(row, sites)]


def _arrivals_of(row: InboxBatch, sites: Mapping[int, Site]) -> Iterator[Arrival]:
    document = _documents.decode(row.doc)
    batch = batch_of(
        sites[row.site_id],
        is_trusted=document.trusted,
        now=document.now,
        received_at=row.received_at,
        api_key_id=document.key,
        traffic=document.traffic,
        skew=timedelta(seconds=document.skew_s),
    )
    for raw in document.events:
        yield arrival_of(batch, raw)


def batch_of(site: Site, *, now: datetime, skew: timedelta = timedelta(), **known: Any) -> Batch:
    """Return what holds for events of one sender, whose clock is `skew` ahead of `now`."""
    latest = now + skew + MAX_AHEAD
    return Batch(site=site, site_id=site.pk, now=now, latest=latest, skew=skew, **known)


def arrival_of(batch: Batch, raw: Raw) -> Arrival:
    """Return an event, given as `shapes.encoder` spells it, on its way to its row."""
    return Arrival(batch, _events.decode(raw), raw, hash_of(raw))


def hash_of(raw: bytes | Raw) -> int:
    """Return 64 bits of a hash of an event as `shapes.encoder` spells it, which has one order."""
    digest = hashlib.blake2b(raw, digest_size=16).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
