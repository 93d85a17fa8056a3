"""The absolute difference of two estimates, whatever kind of metric they come from."""

import math
import sys

from analytics.errors import InvalidInputError
from analytics.stats.references import Reference
from analytics.stats.results import EffectTest, Estimate, Interval

LARGEST = sys.float_info.max


def require_defined(estimate: Estimate) -> tuple[float, float]:
    """Return value and variance; raises InvalidInputError where either is undefined."""
    if estimate.value is None or estimate.variance is None:
        raise InvalidInputError(f"an estimate from {estimate.n} units has no value or variance")
    return estimate.value, estimate.variance


def effect_test(control: Estimate, treatment: Estimate, reference: Reference) -> EffectTest:
    """Return treatment − control with standard error, p-value and interval.

    se² = s²A + s²B, never pooled, so that p < alpha exactly when the interval
    excludes 0. Raises InvalidInputError when an estimate is undefined or both
    variances are 0.
    """
    value_a, variance_a = require_defined(control)
    value_b, variance_b = require_defined(treatment)
    return judged_effect(value_b - value_a, math.sqrt(variance_a + variance_b), reference)


def judged_effect(effect: float, se: float, reference: Reference) -> EffectTest:
    """Return the test of one estimated effect with its standard error, however it was made.

    Interval effect ± c·se and p-value from the same reference. Raises InvalidInputError
    unless both are finite and se is positive.
    """
    if not (math.isfinite(effect) and math.isfinite(se)):
        raise InvalidInputError(f"effect and error must be finite, were {effect} and {se}")
    if se <= 0:
        raise InvalidInputError("without variance the difference cannot be tested")
    critical_value = reference.critical_value
    reach = critical_value * se
    # An error near the smallest double must not make the statistic infinite.
    statistic = max(-LARGEST, min(LARGEST, effect / se))
    return EffectTest(
        effect=effect,
        se=se,
        statistic=statistic,
        df=reference.df,
        p_value=reference.p_value(statistic),
        critical_value=critical_value,
        interval=Interval(effect - reach, effect + reach),
    )
