"""Do the kept rollups say what the rows say? Compared unit by unit, nothing is written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analytics.models import RollupState
from analytics.reporting.scope import one_moment
from analytics.rollups.building import next_units, units_between
from analytics.rollups.computing import Key, Row, rows_of
from analytics.rollups.plans import Plan, follows_rules, plans_of
from analytics.rollups.reading import READABLE
from analytics.rollups.writing import read_rows, stored_rows


@dataclass(frozen=True, slots=True)
class Difference:
    """A unit whose kept row is not what its rows give; None where there is no row."""

    metric: str
    unit_id: str
    kept: Row | None
    due: Row | None


def readable_plans(**fields: object) -> list[Plan]:
    """Return what reports may read, of the states with these fields."""
    states = RollupState.objects.filter(status__in=READABLE, **fields)
    rows = states.select_related("experiment__site", "metric")
    return plans_of(state for state in rows if follows_rules(state))


def differences(
    plan: Plan, *, progress: Callable[[int], None] | None = None
) -> Iterator[Difference]:
    """Yield each difference; `progress` is told how many units each chunk had.

    Each chunk is looked at as it was at one moment, so that a drain beside it is no difference.
    """
    names = {state.metric_id: state.metric.key for state in plan.states}
    after: str | None = ""
    while after is not None:
        with one_moment():
            units, last = next_units(plan, after)
            kept = read_rows(units_between(stored_rows(plan), after, last))
            due = rows_of(plan, units)
        yield from _differing(names, kept, due)
        if progress is not None:
            progress(len(units))
        after = last or None


def _differing(
    names: dict[int, str], kept: dict[Key, Row], due: dict[Key, Row]
) -> Iterator[Difference]:
    for key in sorted(kept.keys() | due.keys()):
        if kept.get(key) != due.get(key):
            metric_id, unit_id = key
            yield Difference(names[metric_id], unit_id, kept.get(key), due.get(key))
