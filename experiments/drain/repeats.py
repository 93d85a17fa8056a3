"""Events whose id was applied before: the same again is counted, another one is set aside."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from experiments.drain import ledger
from experiments.drain.documents import Arrival
from experiments.drain.rows import stored_ids
from experiments.drain.storing import store_rows
from experiments.intake.quarantining import keep_refused, refused_row
from experiments.models import Quarantine
from experiments.subjects.hiding import hidden_body

DUPLICATE_COLUMNS = (
    "site_id", "event_id", "type", "received_at", "api_key_id", "visitor_id", "account_id",
    "request_id",
)  # fmt: skip

Sorted = tuple[list[Arrival], list[Arrival], list[Arrival]]


def sorted_out(arrivals: Sequence[Arrival]) -> Sorted:
    """Enter events into the ledger; return the new ones, the repeats and the conflicts.

    Of several with one id that is new, the first to arrive is the new one. A conflict is another
    event under an id that is taken.
    """
    first: dict[int, dict[str, int]] = {}
    for arrival in arrivals:
        of_site = first.setdefault(arrival.batch.site_id, {})
        of_site.setdefault(arrival.event.event_id, arrival.body_hash)
    # By site, so that two drains enter in one order.
    known = {site_id: ledger.enter(site_id, first[site_id]) for site_id in sorted(first)}
    return _divide(arrivals, first, known)


def _divide(
    arrivals: Iterable[Arrival],
    first: dict[int, dict[str, int]],
    known: dict[int, dict[str, int]],
) -> Sorted:
    fresh, repeats, conflicts = [], [], []
    taken = {site_id: dict(of_site) for site_id, of_site in known.items()}
    for arrival in arrivals:
        held, event_id = taken[arrival.batch.site_id], arrival.event.event_id
        if event_id not in held:
            held[event_id] = first[arrival.batch.site_id][event_id]
            fresh.append(arrival)
        elif held[event_id] == arrival.body_hash:
            repeats.append(arrival)
        else:
            conflicts.append(arrival)
    return fresh, repeats, conflicts


def keep_repeats(repeats: Sequence[Arrival]) -> None:
    """Note repeats for whoever looks for one."""
    if repeats:
        store_rows("experiments_duplicate", DUPLICATE_COLUMNS, map(_duplicate, repeats))


def _duplicate(arrival: Arrival) -> tuple[object, ...]:
    batch, event = arrival.batch, arrival.event
    visitor_id, account_id, _session_id = stored_ids(arrival)
    return (
        *(batch.site_id, UUID(event.event_id), event.type, batch.received_at),
        *(batch.api_key_id, visitor_id, account_id, event.request_id),
    )


def keep_conflicts(conflicts: Sequence[Arrival]) -> None:
    """Set aside events whose id belongs to another one."""
    keep_refused(map(_conflict, conflicts))


def _conflict(arrival: Arrival) -> Quarantine:
    site = arrival.batch.site
    row = refused_row(
        bytes(arrival.raw),
        site=site,
        received_at=arrival.batch.received_at,
        code="conflict",
        field="event_id",
        detail="another event with this id was applied before; the first one counts",
        api_key_id=arrival.batch.api_key_id,
    )
    if site.hash_ids:
        row.body = hidden_body(arrival.body, site_id=site.pk)
    return row
