"""Applying event batches: deduplicate for ever, resolve units, check what exposures claim."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from experiments.assignment.specs import UnitIds
from experiments.drain.claims import Claim, check_claims, is_claim
from experiments.drain.documents import Arrival, read_arrivals
from experiments.drain.dropping import Named, without_erased
from experiments.drain.exposures import Sighting
from experiments.drain.quoted import Key, QuotedSlate, quoted_slates
from experiments.drain.repeats import keep_conflicts, keep_repeats, sorted_out
from experiments.drain.rows import EventRow, event_row
from experiments.drain.storing import store_events
from experiments.models import Event, InboxBatch
from experiments.registries import TouchedEvent

CLICK = "select_item"


@dataclass(frozen=True, slots=True)
class AppliedEvents:
    """What a pass made of its event batches, and what is still to be done with them.

    Counts are by site: repeats, events that were set aside, and those of erased units.
    `mismatched` are among `rows`: stored, though the exposure that they claim does not hold.
    """

    rows: list[EventRow]
    sightings: list[Sighting]
    clicked: list[QuotedSlate]
    unjoined: list[EventRow]
    duplicates: Counter[int] = field(default_factory=Counter)
    conflicts: Counter[int] = field(default_factory=Counter)
    mismatched: Counter[int] = field(default_factory=Counter)
    dropped: Counter[int] = field(default_factory=Counter)

    @property
    def touched(self) -> frozenset[TouchedEvent]:
        """Return the new events as `Touched` tells of them."""
        return frozenset(map(touched_event, self.rows))


def touched_event(row: EventRow | Event) -> TouchedEvent:
    """Return an event as `Touched` tells of it."""
    ids = (row.visitor_id, row.account_id, row.session_id)
    return row.site_id, row.type, *ids, row.ts_us


def apply_events(batches: Sequence[InboxBatch]) -> AppliedEvents:
    """Store the batches' new events; exposures and the joins to slates are left to the caller."""
    arrivals, dropped = without_erased(read_arrivals(batches), _sent_by)
    fresh, repeats, conflicts = sorted_out(arrivals)
    slates = quoted_slates(_quoted_keys(fresh))
    pairs = [(arrival, _quoted_slate(arrival, slates)) for arrival in fresh]
    rows = [event_row(arrival, slate) for arrival, slate in pairs]
    store_events(rows)
    keep_repeats(repeats)
    keep_conflicts(conflicts)
    sightings, mismatched = _claimed(fresh, rows)
    return AppliedEvents(
        rows=rows,
        sightings=sightings,
        clicked=[slate for arrival, slate in pairs if slate and arrival.event.type == CLICK],
        unjoined=[
            row
            for row, (_arrival, slate) in zip(rows, pairs, strict=True)
            if slate is None and row.request_id
        ],
        duplicates=_by_site(repeats),
        conflicts=_by_site(conflicts),
        mismatched=mismatched,
        dropped=dropped,
    )


def _sent_by(arrival: Arrival) -> Named:
    return arrival.batch.site_id, UnitIds(*arrival.event.own_ids)


def _by_site(arrivals: Sequence[Arrival]) -> Counter[int]:
    return Counter(arrival.batch.site_id for arrival in arrivals)


def _quoted_keys(arrivals: Sequence[Arrival]) -> set[Key]:
    return {(a.batch.site_id, a.event.request_id) for a in arrivals if a.event.request_id}


def _quoted_slate(arrival: Arrival, slates: Mapping[Key, QuotedSlate]) -> QuotedSlate | None:
    request_id = arrival.event.request_id
    return slates.get((arrival.batch.site_id, request_id)) if request_id else None


def _claimed(
    arrivals: Sequence[Arrival], rows: Sequence[EventRow]
) -> tuple[list[Sighting], Counter[int]]:
    """Return the exposures claimed that hold, and by site how many do not."""
    claims: dict[int, list[Claim]] = {}
    for arrival, row in zip(arrivals, rows, strict=True):
        if is_claim(arrival.event) and not row.traffic:  # bots are not enrolled
            claims.setdefault(row.site_id, []).append(_claim(arrival, row))
    sightings: list[Sighting] = []
    mismatched: Counter[int] = Counter()
    for site_id, of_site in claims.items():
        held = check_claims(of_site)
        sightings += held
        mismatched[site_id] = len(of_site) - len(held)
    return sightings, mismatched


def _claim(arrival: Arrival, row: EventRow) -> Claim:
    """Return what an exposure event claims, of raw ids also where rows hold hashes."""
    batch = arrival.batch
    ids = (row.visitor_id, row.account_id, row.session_id)
    units = UnitIds(*(arrival.event.own_ids if batch.site.hash_ids else ids))
    return Claim(batch.site, arrival.whole(), units, arrival.moment, batch.received_at)
