"""Events that are committed and not applied yet: those of the newest few batches."""

from collections.abc import Iterator

import msgspec

from experiments.clock import day_of
from experiments.intake.shapes import EventIn
from experiments.models import InboxBatch, Site
from experiments.received.filters import Filters
from experiments.received.rows import Kind, Received, of_waiting

BATCHES = 10  # of up to 500 events each; decoding one takes about two milliseconds


class _Document(msgspec.Struct):
    events: list[EventIn]
    key: int | None = None  # which API key sent it


_decoder = msgspec.json.Decoder(_Document)


def waiting(site: Site, filters: Filters, limit: int) -> list[Received]:
    """Return the newest events in the inbox that match, newest first."""
    if not filters.shows(Kind.WAITING):
        return []
    batches = InboxBatch.objects.filter(site=site, kind=InboxBatch.Kind.EVENTS).order_by("-id")
    batches = batches.select_related("site")
    found: list[Received] = []
    for batch in batches[:BATCHES]:
        found += [row for row in events_in(batch) if _matches(row, filters, site)]
        if len(found) >= limit:
            break
    return found[:limit]


def events_in(batch: InboxBatch) -> Iterator[Received]:
    """Yield a batch's events, the last one first; none of one that cannot be read."""
    document = document_of(batch)
    if document is None:
        return
    for index in range(len(document.events) - 1, -1, -1):
        yield of_waiting(batch, index, document.events[index], document.key)


def document_of(batch: InboxBatch) -> _Document | None:
    """Return what a batch holds; None when it cannot be read, which the drain will find too."""
    try:
        return _decoder.decode(batch.doc)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _matches(row: Received, filters: Filters, site: Site) -> bool:
    asked = (
        (filters.api_key, row.api_key_id),
        (filters.unit, getattr(row, f"{filters.unit_type}_id")),
        (filters.request_id, row.request_id),
        (filters.event_id, row.event_id),
        (filters.type, row.type),
        (filters.day, day_of(row.occurred_at, site.timezone) if row.occurred_at else ""),
    )
    if any(wanted and wanted != is_ for wanted, is_ in asked):
        return False
    is_early = filters.since is not None and row.received_at < filters.since
    is_late = filters.until is not None and row.received_at >= filters.until
    return not is_early and not is_late
