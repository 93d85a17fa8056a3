"""In the middle of a test: how many more days until it can show what it was made for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.stats.planning.design import MOST_UNITS
from analytics.stats.planning.duration import (
    MOST_DAYS,
    NoEnd,
    Traffic,
    new_units_per_day,
    whole_weeks,
)
from analytics.stats.power import MONITORING_COST, detection_constant, require_positive
from analytics.stats.results import Comparison, Plain, Status


@dataclass(frozen=True, slots=True)
class Projection(Plain):
    """Days left, from the pace of the last week; None with the reason where there is no end.

    `days_left` reaches whole weeks, at least two, from the start; `days_missing` only the
    units. Both 0 once nothing is missing.
    """

    n_units: int
    n_needed: int
    new_per_day: float
    days_missing: int | None
    days_left: int | None
    reason: NoEnd | None = None


def project_to_units(cumulative: Sequence[int], n_needed: int) -> Projection:
    """Return the days until `n_needed` different units have been exposed.

    `cumulative`: units of all variants by the end of each day so far. Returning units
    slow the growth down, so the pace is that of the last week, not of all days. Raises
    InvalidInputError on no days, falling counts or a need that is not positive.

    >>> project_to_units([100 * day for day in range(1, 11)], 1900).days_left
    11
    """
    require_positive(n_needed=n_needed)
    seen = Traffic(tuple(cumulative)).cumulative
    n_units, pace = seen[-1], new_units_per_day(seen)
    if n_units >= n_needed:
        return Projection(n_units, n_needed, pace, 0, whole_weeks(len(seen)) - len(seen))
    if pace <= 0:
        return Projection(n_units, n_needed, pace, None, None, NoEnd.NO_TRAFFIC)
    if (n_needed - n_units) / pace > MOST_DAYS:
        return Projection(n_units, n_needed, pace, None, None, NoEnd.TOO_LONG)
    missing = math.ceil((n_needed - n_units) / pace)
    left = whole_weeks(len(seen) + missing) - len(seen)
    return Projection(n_units, n_needed, pace, missing, left)


def units_for_lift(
    comparison: Comparison, lift: float, *, power: float = 0.8, constant: float | None = None
) -> int | None:
    """Return the units of both variants at which the comparison can show `lift`.

    n·K·cost·se² / δ²: the error shrinks with the root of the units, with the variance
    seen so far. `constant` stands for K·cost where the test is not the plain one, such as
    `Design.constant`. None where the comparison has no error or no positive control value, or
    where more than 10¹² units were needed. Never from the effect that was seen.
    """
    require_positive(lift=abs(lift))
    value = comparison.control.value
    if comparison.status is not Status.OK or comparison.se is None or not value or value < 0:
        return None
    if constant is None:
        cost = MONITORING_COST[comparison.monitoring]
        constant = detection_constant(alpha=comparison.alpha, power=power) * cost
    require_positive(constant=constant)
    needed = comparison.n * constant * (comparison.se / (lift * value)) ** 2
    return max(1, math.ceil(needed)) if needed <= MOST_UNITS else None


def project_to_lift(
    comparison: Comparison,
    cumulative: Sequence[int],
    lift: float,
    *,
    power: float = 0.8,
    constant: float | None = None,
) -> Projection | None:
    """Return the days until the comparison can show `lift`, at the pace and spread so far.

    `cumulative`: units of all variants by day; the comparison's own share of them is
    kept; `constant` as in `units_for_lift`. None where that is.
    """
    pair = units_for_lift(comparison, lift, power=power, constant=constant)
    if pair is None or not cumulative or comparison.n < 1:
        return None
    needed = math.ceil(pair * max(1.0, cumulative[-1] / comparison.n))
    return project_to_units(cumulative, needed)
