"""Whether an effect wears off or grows with the days since a unit's first exposure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.errors import InvalidInputError
from analytics.stats.arrays import finite_array, require_between
from analytics.stats.formats import number
from analytics.stats.references import upper_tail
from analytics.stats.results import CheckLevel, Plain, Status, WarningCode
from analytics.stats.validity.findings import Check, Finding

FLAG_Z = 2.58  # two-sided 1 %: the check runs for every metric, an alarm must stay rare
MIN_DAYS = 7  # a whole week, or a weekday's habits look like a trend
SMALLEST_SE = 1e-60  # below it 1 / se² overflows; no estimate is that sure

WEARS_OFF = (
    "novelty: what is new is tried first, then ignored",
    "only the most active units reach the later days",
    "a season or a promotion ended while the experiment ran",
)
GROWS = (
    "primacy: units need time to learn what changed",
    "the recommender learns from the clicks it causes",
    "only the most active units reach the later days",
)


@dataclass(frozen=True, slots=True)
class DayEffect(Plain):
    """The effect, absolute or relative, on one day since first exposure, and its error."""

    day: float
    effect: float
    se: float


@dataclass(frozen=True, slots=True)
class Trend(Plain):
    """The weighted line effect = intercept + slope · day; None where no line is defined."""

    n_days: int
    intercept: float | None = None
    slope: float | None = None
    slope_se: float | None = None
    statistic: float | None = None
    p_value: float | None = None


def trend_of(days: Sequence[DayEffect]) -> Trend:
    """Return the weighted least-squares line over the days, weights 1 / se².

    slope = Σw(t − t̄)d / Σw(t − t̄)², se² = 1 / Σw(t − t̄)²: the errors are known, so
    none is estimated from the residuals. `day`: days since first exposure, aligned by
    cohort. Fewer than two different days have no line. Raises InvalidInputError on a
    standard error that is not positive and on what is not finite.
    """
    t = finite_array("days", [each.day for each in days])
    effects = finite_array("effects", [each.effect for each in days])
    se = require_between(
        "standard errors", finite_array("standard errors", [each.se for each in days]), SMALLEST_SE
    )
    if len(np.unique(t)) < 2:
        return Trend(len(days))
    weights = (se.min() / se) ** 2  # relative to the surest day, so that no square overflows
    total = weights.sum()
    centred = t - (weights @ t) / total
    spread = float(weights @ centred**2)
    if spread == 0:
        raise InvalidInputError("the errors of the days are too far apart for a common line")
    slope = float((weights * centred) @ effects / spread)
    mean = float(weights @ effects / total)
    slope_se = float(se.min()) / math.sqrt(spread)
    statistic = slope / slope_se
    intercept = mean - slope * float((weights @ t) / total)
    return Trend(len(days), intercept, slope, slope_se, statistic, 2 * upper_tail(abs(statistic)))


def check_novelty(days: Sequence[DayEffect]) -> Finding[Trend]:
    """Return whether the effect changes with the days since first exposure.

    Flags |z| > 2.58 of the slope of `trend_of` from seven days on. Source: Kohavi, Tang
    & Xu (2020), Trustworthy Online Controlled Experiments, ch. 3.
    """
    trend = trend_of(days)
    if trend.statistic is None or trend.slope is None or trend.n_days < MIN_DAYS:
        return Finding(
            Check.NOVELTY,
            CheckLevel.OK,
            trend,
            f"A trend needs {MIN_DAYS} days since first exposure; there are {trend.n_days} so far.",
            status=Status.INSUFFICIENT_DATA,
        )
    odds = f"z {number(trend.statistic, decimals=2)} over {trend.n_days} days"
    if abs(trend.statistic) <= FLAG_Z:
        return Finding(Check.NOVELTY, CheckLevel.OK, trend, f"The effect shows no trend ({odds}).")
    wears_off = trend.slope * _mean_effect(days) < 0
    return Finding(
        Check.NOVELTY,
        CheckLevel.WARN,
        trend,
        f"The effect {'wears off' if wears_off else 'grows'} with time ({odds}).",
        WEARS_OFF if wears_off else GROWS,
        "Run longer, and judge by the later days; the average over all days will not last.",
        warnings=(WarningCode.NOVELTY,),
    )


def _mean_effect(days: Sequence[DayEffect]) -> float:
    """Return the effect over all days: on its side of zero a slope wears off or grows."""
    surest = min(each.se for each in days)
    return sum(each.effect * (surest / each.se) ** 2 for each in days)
