"""The end of a pass: what must see the rows of every other drain, so one pass at a time does it."""

from collections.abc import Iterable

from experiments.drain.events import AppliedEvents
from experiments.drain.exposures import UnitKey
from experiments.drain.joins import join_requests
from experiments.drain.links import link_units
from experiments.drain.lock import hold_tail_lock
from experiments.drain.orders import match_orders
from experiments.drain.slates import AppliedSlates
from experiments.drain.tallies import count_applied
from experiments.registries import APPLIERS, Touched


def finish_pass(
    slates: AppliedSlates, events: AppliedEvents, exposed: Iterable[UnitKey]
) -> Touched:
    """Join, link and match what this pass stored with what was there; return what was touched.

    Each step returns what it changed. `slates.rows` and `events.rows` are what this pass stored.
    """
    hold_tail_lock()
    joined = join_requests(slates, events)
    linked = link_units(slates.rows, [*events.rows, *joined.completed])
    count_applied(events, slates.rows)
    touched = Touched(
        frozenset(exposed) | slates.touched | joined.exposures,
        events.touched | joined.touched | linked | match_orders(events.rows),
    )
    if touched.exposures or touched.events:
        for apply in APPLIERS:
            apply(touched)
    return touched
