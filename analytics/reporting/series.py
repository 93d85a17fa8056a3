"""The cumulative effect by the end of each day, and the new units of each day."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import DatabaseError

from analytics.engines.limits import Patience
from analytics.errors import AnalyticsError
from analytics.queries import compile_query, run_groups, without_history
from analytics.queries.arrivals import new_units
from analytics.reporting.comparing import compare_samples, if_enough, settings_of
from analytics.reporting.measuring import SINGLY, uses_history
from analytics.reporting.scope import Scope
from analytics.selectors import ChosenMetric
from analytics.stats.exact_samples import ExactSample
from analytics.stats.results import Comparison, Kind
from experiments.clock import day_of_us

MOST_DAYS = 400

log = logging.getLogger(__name__)

ByDay = dict[str, dict[int, ExactSample]]  # by day and variant id
Points = dict[str, list[dict[str, Any] | None]]  # one value per day, by treatment key


def series_of(scope: Scope, caps: Mapping[str, int]) -> dict[str, Any]:
    """Return the days, each variant's new units, and each metric's effect by the end of each.

    Judged as the report is: under the caps, with history, at the same alpha. A metric that has no
    sums by day, such as a quantile, is left out; {} while no unit was exposed.
    """
    new = new_units(scope.cut)
    days = _days(scope, new)
    if not days:
        return {}
    fit = [each for each in scope.metrics if each.kind is not Kind.QUANTILE]
    found = _read(scope, fit, caps)
    metrics = {
        each.metric.key: _points(scope, each, found[each.metric.key], days)
        for each in fit
        if each.metric.key in found
    }
    exposures = {
        variant.key: [new.get((day, variant.pk), 0) for day in days] for variant in scope.variants
    }
    return {"days": days, "exposures": exposures, "metrics": metrics}


def _days(scope: Scope, new: Mapping[tuple[str, int], int]) -> list[str]:
    """Return every day from the first with a new unit to the cut, the newest if they are many."""
    if not new:
        return []
    last = day_of_us(scope.until_us, scope.experiment.site.timezone)
    first, end = date.fromisoformat(min(new)[0]), date.fromisoformat(last)
    n = max(1, (end - first).days + 1)
    return [(first + timedelta(days=i)).isoformat() for i in range(max(0, n - MOST_DAYS), n)]


def _read(
    scope: Scope, metrics: Sequence[ChosenMetric], caps: Mapping[str, int]
) -> dict[str, ByDay]:
    """Return each metric's sums by the end of each day on which anything happened.

    The rows are read once for all that are told by day; where that fails, for each alone.
    """
    told = [each for each in metrics if _is_told(scope, each)]
    try:
        return _read_together(scope, told, caps)
    except (AnalyticsError, DatabaseError) as error:
        log.warning("series tried singly experiment=%d: %s", scope.experiment.pk, error)
    found: dict[str, ByDay] = {}
    patience = Patience(SINGLY)
    for number, chosen in enumerate(told):
        with patience.share(len(told) - number):
            found |= _read_alone(scope, chosen, caps)
    return found


def _is_told(scope: Scope, chosen: ChosenMetric) -> bool:
    """Tell whether a metric has sums by day: no return, no funnel, nothing that is told once."""
    try:
        compile_query([chosen.query], scope.cut, by_day=True)
    except AnalyticsError:
        return False
    return True


def _read_alone(scope: Scope, chosen: ChosenMetric, caps: Mapping[str, int]) -> dict[str, ByDay]:
    try:
        return _read_together(scope, [chosen], caps)
    except (AnalyticsError, DatabaseError) as error:
        log.info("no series metric=%s: %s", chosen.metric.key, error)
        return {}


def _read_together(
    scope: Scope, metrics: Sequence[ChosenMetric], caps: Mapping[str, int]
) -> dict[str, ByDay]:
    if not metrics:
        return {}
    past = {each.metric.key for each in metrics if uses_history(scope, each)}
    queries = [each.query for each in metrics]
    query = compile_query(queries, scope.cut, caps=caps, with_history=bool(past), by_day=True)
    return {
        key: {group[-1]: _as_used(samples, is_past=key in past) for group, samples in days.items()}
        for key, days in run_groups(query).items()
    }


def _as_used(samples: Mapping[int, ExactSample], *, is_past: bool) -> dict[int, ExactSample]:
    return {pk: each if is_past else without_history(each) for pk, each in samples.items()}


def _points(scope: Scope, chosen: ChosenMetric, found: ByDay, days: Sequence[str]) -> Points:
    points: Points = {treatment.key: [] for treatment in scope.treatments}
    known: dict[int, ExactSample] = {}
    before = [day for day in sorted(found) if days and day < days[0]]
    if before:
        known = found[before[-1]]
    for day in days:
        known = {**known, **found.get(day, {})}
        compared = _compared(scope, chosen, known)
        for treatment, comparison in zip(scope.treatments, compared, strict=True):
            points[treatment.key].append(_point(comparison))
    return points


def _compared(
    scope: Scope, chosen: ChosenMetric, known: Mapping[int, ExactSample]
) -> list[Comparison]:
    samples = [known.get(variant.pk) for variant in (scope.control, *scope.treatments)]
    found = compare_samples(chosen.kind, samples, settings_of(scope, scope.choices.alpha))
    return [if_enough(each, chosen.metric.min_units) for each in found]


def _point(comparison: Comparison) -> dict[str, Any] | None:
    """Return a day's lift and difference with their ranges; None where there is neither."""
    if comparison.effect is None:
        return None
    lift, effect = comparison.lift_interval, comparison.interval
    return {
        "lift": comparison.lift,
        "low": lift.low if lift else None,
        "high": lift.high if lift else None,
        "difference": comparison.effect,
        "d_low": effect.low if effect else None,
        "d_high": effect.high if effect else None,
    }
