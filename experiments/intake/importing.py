"""History into the event table at once, beside the inbox: for imports and simulated pasts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from msgspec import Raw

from experiments.drain.documents import Arrival, arrival_of, batch_of
from experiments.drain.dropping import sent_by, without_erased
from experiments.drain.events import AppliedEvents
from experiments.drain.finish import settle
from experiments.drain.lock import hold_tail_lock
from experiments.drain.repeats import sorted_out
from experiments.drain.rows import EventRow, event_row
from experiments.drain.slates import AppliedSlates
from experiments.drain.storing import store_events
from experiments.drain.tallies import note_newest
from experiments.intake.shapes import EventIn, Line, Money, Unit, encoder
from experiments.models import Site


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event of the past; "" and None mean absent, `amount` is in the site's minor units.

    `items`: (item_id, quantity, price) or mappings with these keys. Nothing is checked here:
    whoever reads foreign data checks it.
    """

    event_id: UUID
    type: str
    occurred_at: datetime
    visitor_id: str = ""
    account_id: str = ""
    session_id: str = ""
    item_id: str = ""
    items: Sequence[Any] = ()
    quantity: int | None = None
    amount: int | None = None
    order_id: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    request_id: UUID | None = None
    rank: int | None = None
    is_verified: bool = True
    traffic: str = ""


@dataclass(frozen=True, slots=True)
class ImportCount:
    """What became of imported events.

    `known`: stored before with the same content; `differing`: their id is taken by another event,
    which stays as it is; `dropped`: of erased units.
    """

    stored: int = 0
    known: int = 0
    differing: int = 0
    dropped: int = 0

    def __add__(self, other: "ImportCount") -> "ImportCount":
        """Return the sum of two counts."""
        return ImportCount(
            self.stored + other.stored,
            self.known + other.known,
            self.differing + other.differing,
            self.dropped + other.dropped,
        )


def import_events(
    *,
    site: Site,
    events: Iterable[EventRecord],
    batch: int = 5_000,
    progress: Callable[[int], None] | None = None,
) -> ImportCount:
    """Store the events that the site does not have yet; one transaction per batch.

    `progress` is told the size of each batch once it is committed. Rows are those that the drain
    would have made of the same events, with the same hash, so an event that is sent again over
    HTTP counts as a repeat and not as a conflict.
    """
    total = ImportCount()
    rows = iter(events)
    while records := list(islice(rows, batch)):
        total += _import_batch(site, records)
        if progress is not None:
            progress(len(records))
    return total


@transaction.atomic
def _import_batch(site: Site, records: Sequence[EventRecord]) -> ImportCount:
    received_at = datetime.now(UTC)
    given = [_arrival(site, record, received_at) for record in records]
    arrivals, dropped = without_erased(given, sent_by)
    fresh, known, differing = sorted_out(arrivals)
    rows = [event_row(arrival, None) for arrival in fresh]
    store_events(rows)
    _settle(site, rows)
    return ImportCount(len(fresh), len(known), len(differing), dropped[site.pk])


def _settle(site: Site, rows: list[EventRow]) -> None:
    """Join, link and match events of the past as the drain does with those it applies."""
    hold_tail_lock()
    if site.is_simulated:  # elsewhere a row dated next year must not move what reports call now
        note_newest(rows)
    quoting = [row for row in rows if row.request_id]
    settle(AppliedSlates([], []), AppliedEvents(rows, [], [], quoting), ())


def _arrival(site: Site, record: EventRecord, received_at: datetime) -> Arrival:
    event = event_of(record, currency=site.currency)
    # History is never "ahead": its own moment is the clock that its age counts from.
    batch = batch_of(
        site,
        now=event.occurred_at,
        is_trusted=record.is_verified,
        received_at=received_at,
        api_key_id=None,
        traffic=record.traffic,
    )
    return arrival_of(batch, Raw(encoder.encode(event)))


def event_of(record: EventRecord, *, currency: str) -> EventIn:
    """Return the record as a storefront would have sent it, absent fields left out."""
    return EventIn(
        event_id=record.event_id,
        type=record.type,
        occurred_at=record.occurred_at.astimezone(UTC),
        unit=Unit(record.visitor_id or None, record.account_id or None),
        request_id=record.request_id,
        item_id=record.item_id or None,
        rank=record.rank,
        items=list(_lines(record.items)),
        quantity=record.quantity,
        value=None if record.amount is None else Money(record.amount, currency),
        order_id=record.order_id or None,
        session_id=record.session_id or None,
        attributes=dict(record.attributes),
        properties=dict(record.properties),
    )


def _lines(items: Sequence[Any]) -> Iterator[Line]:
    for item in items:
        if isinstance(item, Mapping):
            yield Line(item["item_id"], item.get("quantity", 1), item.get("price"))
        else:
            yield item if isinstance(item, Line) else Line(*item)
