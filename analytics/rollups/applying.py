"""In the drain's transaction: the rollups of the units that a pass touched are brought up."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db import OperationalError, connection, transaction
from django.db.models import Q

from analytics.models import RollupState
from analytics.queries import UNIT_COLUMNS
from analytics.queries.few import EVER_US
from analytics.rollups.computing import NEVER_US, Kept, rows_of
from analytics.rollups.plans import Plan, follows_rules, plans_of
from analytics.rollups.writing import bring_up, rows_kept
from experiments.registries import Touched

log = logging.getLogger(__name__)

KEPT_UP = (RollupState.Status.BUILDING, RollupState.Status.CURRENT)
CHUNKS = {"postgresql": 5_000}
CHUNK = 500  # units in one statement; SQLite takes 999 parameters
# Where a unit's id stands in an entry of touched events.
PLACES = {name: place for place, name in enumerate(UNIT_COLUMNS, start=2)}


def apply_touched(touched: Touched) -> None:
    """Bring up the rollups of the touched units; the caller holds the tail lock.

    Sums that cannot be computed are marked failed: reports then read the rows, and the events are
    applied all the same.
    """
    for plan in plans_of(_states(touched)):
        if units := touched_units(plan, touched):
            _bring_up(plan, units)


def _states(touched: Touched) -> Iterator[RollupState]:
    """Return the states that a pass may concern; those under old rules wait to be made anew."""
    sites = {entry[0] for entry in touched.events}
    experiments = {entry[0] for entry in touched.exposures | touched.slates}
    if not sites and not experiments:
        return
    states = RollupState.objects.filter(
        Q(experiment__site_id__in=sites) | Q(experiment_id__in=experiments), status__in=KEPT_UP
    ).select_related("experiment__site", "metric")
    for state in states:
        if follows_rules(state):
            yield state
        elif state.rules:
            restart([state])


def restart(states: Sequence[RollupState]) -> None:
    """Let the states be built anew from their first unit on; they have no rules until then."""
    RollupState.objects.filter(pk__in=[state.pk for state in states]).update(
        status=RollupState.Status.BUILDING, rules="", last_unit="", n_units=0, claimed_at=None
    )


def touched_units(plan: Plan, touched: Touched) -> dict[str, int]:
    """Return the ids whose sums may have changed; not all of them need be exposed.

    With each the moment, in µs, before which none of its rows changed: of an exposure that moved
    there is none, and slates never count before it.
    """
    key = (plan.experiment.pk, plan.phase)
    units = {unit: EVER_US for *seen_in, unit in touched.slates if tuple(seen_in) == key}
    for unit, ts_us in _read_events(plan, touched):
        units[unit] = min(ts_us, units.get(unit, ts_us))
    units |= {unit: NEVER_US for *seen_in, unit in touched.exposures if tuple(seen_in) == key}
    return units


def _read_events(plan: Plan, touched: Touched) -> Iterator[tuple[str, int]]:
    """Yield each id that may be a unit of the plan with when its touched events were."""
    types, places = set(plan.types), [PLACES[each] for each in plan.unit_types]
    for event in touched.events:
        if event[0] == plan.experiment.site_id and event[1] in types:
            yield from ((str(event[place]), event[-1]) for place in places if event[place])


def _bring_up(plan: Plan, units: Mapping[str, int]) -> None:
    try:
        with transaction.atomic():
            for chunk in chunks(sorted(units)):
                stored = rows_kept(plan, chunk)
                kept = Kept(stored, units) if plan.is_current else Kept()
                bring_up(plan, stored, rows_of(plan, chunk, kept))
    except OperationalError:
        raise  # a deadlock or a lock timeout: the whole pass is tried again
    except Exception as error:  # rollups can be made again, so they never hold up events
        log.exception("rollups failed experiment=%d phase=%d", plan.experiment.pk, plan.phase)
        mark_failed(plan.states, error)


def chunks(units: Sequence[str]) -> Iterable[Sequence[str]]:
    """Return the units in as many as one statement takes."""
    size = CHUNKS.get(connection.vendor, CHUNK)
    return (units[start : start + size] for start in range(0, len(units), size))


def mark_failed(states: Iterable[RollupState], error: Exception) -> None:
    """Say of the states why they cannot be read."""
    RollupState.objects.filter(pk__in=[state.pk for state in states]).update(
        status=RollupState.Status.FAILED, error=f"{type(error).__name__}: {error}"[:2000]
    )
