"""The end of a pass: what must see the rows of every other drain, so one pass at a time does it."""

from collections.abc import Iterable

from experiments.drain.closed import mark_second_variants
from experiments.drain.events import AppliedEvents
from experiments.drain.flags import flag_exposures
from experiments.drain.joins import join_requests
from experiments.drain.late_claims import claim_again
from experiments.drain.links import link_units
from experiments.drain.lock import hold_tail_lock
from experiments.drain.orders import match_orders
from experiments.drain.slates import AppliedSlates
from experiments.drain.tallies import count_applied, count_served
from experiments.registries import APPLIERS, Touched, UnitKey


def finish_pass(
    slates: AppliedSlates, events: AppliedEvents, exposed: Iterable[UnitKey]
) -> Touched:
    """Count what this pass applied, and settle it with what was there; return what was touched."""
    hold_tail_lock()
    count_applied(events, slates.rows)
    count_served(slates.rows)
    return settle(slates, events, exposed)


def settle(slates: AppliedSlates, events: AppliedEvents, exposed: Iterable[UnitKey]) -> Touched:
    """Join, link and match what was stored with what was there; return what was touched.

    Each step returns what it changed. `slates.rows` and `events.rows` are what was stored. The
    caller holds the tail lock.
    """
    joined = join_requests(slates, events)
    linked = link_units(slates.rows, [*events.rows, *joined.completed])
    exposed = frozenset(exposed) | claim_again(joined.completed)
    mark_second_variants(exposed | slates.touched)
    flag_exposures(exposed)
    touched = Touched(
        exposures=exposed,
        slates=slates.touched | joined.clicked,
        events=events.touched | joined.touched | linked | match_orders(events.rows),
    )
    if touched != Touched():
        for apply in APPLIERS:
            apply(touched)
    return touched
