"""How many units a test needs, and how small an effect the units at hand can show."""

import math

from analytics.errors import InvalidInputError
from analytics.stats.effects import require_defined
from analytics.stats.references import require_alpha, upper_quantile
from analytics.stats.results import Comparison, Estimate, Monitoring

# Reading at every look costs units: simulated, daily looks, 80 % power.
MONITORING_COST = {Monitoring.FIXED: 1.0, Monitoring.ALWAYS_VALID: 1.72}


def detection_constant(
    *, alpha: float = 0.05, power: float = 0.8, is_one_sided: bool = False
) -> float:
    """Return (z at 1 − α/2 + z at power)², or with z at 1 − α for a one-sided test.

    >>> round(detection_constant(), 9)
    7.848879734
    """
    require_alpha(alpha)
    if not 0 < power < 1:
        raise InvalidInputError(f"power must lie in (0, 1), was {power}")
    tail = alpha if is_one_sided else alpha / 2
    return (upper_quantile(tail) + upper_quantile(1 - power)) ** 2


def required_n_mean(
    sigma: float, delta: float, *, ratio: float = 1.0, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the units control needs to detect a difference `delta` of means, unrounded.

    K·σ²·(1 + 1/r) / δ², with r = n_treatment / n_control. `sigma` and `delta` in the
    metric's unit; for a ratio metric σ² is `ratios.linearised_variance`. Round up.
    """
    _require_positive(sigma=sigma, delta=abs(delta), ratio=ratio)
    return detection_constant(alpha=alpha, power=power) * sigma**2 * (1 + 1 / ratio) / delta**2


def required_n_binary(
    p_control: float, p_treatment: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the units per variant to tell two shares apart, unpooled, unrounded.

    K·(p₁q₁ + p₂q₂) / δ². Raises InvalidInputError on equal shares or outside (0, 1).
    """
    if not (0 < p_control < 1 and 0 < p_treatment < 1) or p_control == p_treatment:
        raise InvalidInputError(f"not two different shares: {p_control}, {p_treatment}")
    spread = p_control * (1 - p_control) + p_treatment * (1 - p_treatment)
    return detection_constant(alpha=alpha, power=power) * spread / (p_treatment - p_control) ** 2


def required_n_non_inferiority(
    sigma: float, margin: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the units per variant to show an effect above −margin, one-sided, unrounded."""
    _require_positive(sigma=sigma, margin=margin)
    constant = detection_constant(alpha=alpha, power=power, is_one_sided=True)
    return constant * 2 * sigma**2 / margin**2


def planned_units(n_per_variant: float, *, n_variants: int, monitoring: Monitoring) -> int:
    """Return the whole units a test needs over all variants, with the price of its looks."""
    if n_variants < 2:
        raise InvalidInputError(f"a test has at least two variants, was given {n_variants}")
    return math.ceil(n_per_variant * MONITORING_COST[Monitoring(monitoring)]) * n_variants


def mde_absolute(
    control: Estimate,
    treatment: Estimate,
    *,
    monitoring: Monitoring = Monitoring.FIXED,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """Return the effect that units like these would show with the given power.

    (z + z)·√(s²_A + s²_B), times the root of the price of looking. Never a post-hoc power.
    """
    _, variance_a = require_defined(control)
    _, variance_b = require_defined(treatment)
    constant = detection_constant(alpha=alpha, power=power)
    return math.sqrt(constant * MONITORING_COST[monitoring] * (variance_a + variance_b))


def mde_lift(comparison: Comparison, *, power: float = 0.8) -> float | None:
    """Return the smallest lift the comparison could show at its current n, as a fraction.

    None where the comparison has no error of its own or no positive control value.
    """
    value = comparison.control.value
    if comparison.se is None or value is None or value <= 0:
        return None
    absolute = mde_absolute(
        comparison.control,
        comparison.treatment,
        monitoring=comparison.monitoring,
        alpha=comparison.alpha,
        power=power,
    )
    return absolute / value


def _require_positive(**numbers: float) -> None:
    """Raise InvalidInputError unless every number is positive and finite."""
    for name, number in numbers.items():
        if not (math.isfinite(number) and number > 0):
            raise InvalidInputError(f"{name} must be positive, was {number}")
