"""The absolute difference of two estimates, whatever kind of metric they come from."""

import math

from analytics.errors import InvalidInputError
from analytics.stats.references import Reference
from analytics.stats.results import EffectTest, Estimate, Interval


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
    effect, se = value_b - value_a, math.sqrt(variance_a + variance_b)
    if se == 0:
        raise InvalidInputError("both variances are 0: the difference cannot be tested")
    reach = reference.critical_value * se
    return EffectTest(
        effect=effect,
        se=se,
        statistic=effect / se,
        df=reference.df,
        p_value=reference.p_value(effect / se),
        critical_value=reference.critical_value,
        interval=Interval(effect - reach, effect + reach),
    )
