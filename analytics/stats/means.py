"""Means per unit: revenue, orders, clicks; zeros are kept."""

import math

from analytics.errors import InvalidInputError
from analytics.stats.effects import effect_test, require_defined
from analytics.stats.moments import CentredMoments, Moments
from analytics.stats.references import StudentReference
from analytics.stats.results import EffectTest, Estimate


def mean_estimate(moments: Moments | CentredMoments) -> Estimate:
    """Return the mean and v / n, v with divisor n − 1; undefined below two units.

    >>> mean_estimate(Moments.from_values([2, 4, 4, 6])).value
    4.0
    """
    variance = moments.variance_y
    return Estimate(
        n=moments.n,
        value=moments.mean_y if moments.n else None,
        variance=None if variance is None else variance / moments.n,
    )


def welch_df(control: Estimate, treatment: Estimate) -> float:
    """Return Welch's degrees of freedom, se⁴ / Σ (v/n)² / (n − 1).

    Source: Welch (1947), Biometrika 34. Raises InvalidInputError below two units, on
    variances whose sum is no double, and as `effect_test`.
    """
    _, variance_a = require_defined(control)
    _, variance_b = require_defined(treatment)
    total = variance_a + variance_b
    if math.isinf(total):
        raise InvalidInputError(f"variances are too large: {variance_a} and {variance_b}")
    if min(control.n, treatment.n) < 2 or total <= 0:
        raise InvalidInputError("Welch's t needs two units in each variant, and a variance")
    # Shares instead of fourth powers: the same number without overflow.
    share_a, share_b = variance_a / total, variance_b / total
    return 1 / (share_a**2 / (control.n - 1) + share_b**2 / (treatment.n - 1))


def welch_test(control: Estimate, treatment: Estimate, *, alpha: float = 0.05) -> EffectTest:
    """Return Welch's t-test of treatment − control for one look at the planned end."""
    degrees = welch_df(control, treatment)
    return effect_test(control, treatment, StudentReference(alpha, degrees))
