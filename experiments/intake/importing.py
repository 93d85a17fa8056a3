"""History into the event table at once, beside the inbox: for imports and simulated pasts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction

from experiments.drain import ledger
from experiments.drain.events import Arrival, event_row, hash_of
from experiments.intake.bulk import insert_rows
from experiments.intake.shapes import EventIn, Line, Money, Unit
from experiments.models import Event, Site


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


@dataclass(frozen=True, slots=True)
class ImportCount:
    """What became of imported events.

    `known`: stored before with the same content; `differing`: their id is taken by another event,
    which stays as it is.
    """

    stored: int = 0
    known: int = 0
    differing: int = 0

    def __add__(self, other: "ImportCount") -> "ImportCount":
        """Return the sum of two counts."""
        return ImportCount(
            self.stored + other.stored, self.known + other.known, self.differing + other.differing
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
    events: dict[UUID, EventIn] = {}
    hashes: list[tuple[UUID, int]] = []
    for record in records:
        event = event_of(record, currency=site.currency)
        events.setdefault(record.event_id, event)
        hashes.append((record.event_id, hash_of(event)))
    first = {(site.pk, event_id): body_hash for event_id, body_hash in reversed(hashes)}
    known = ledger.enter(first)
    fresh = [event for event_id, event in events.items() if (site.pk, event_id) not in known]
    insert_rows([_row(site, event, received_at) for event in fresh])
    stored = first | known
    differing = sum(body_hash != stored[site.pk, event_id] for event_id, body_hash in hashes)
    return ImportCount(len(fresh), len(records) - len(fresh) - differing, differing)


def _row(site: Site, event: EventIn, received_at: datetime) -> Event:
    # History is never "ahead": its own moment is the clock that its age counts from.
    arrival = Arrival(site, event, True, event.occurred_at, received_at, 0)
    return event_row(arrival, None)


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
