"""What the power of a test rests on: its critical value, its looks, its constant."""

import math

from analytics.errors import InvalidInputError
from analytics.stats.references import require_alpha, require_sides, upper_quantile, upper_tail
from analytics.stats.results import Monitoring

# Reading at every look costs units: daily looks for four weeks, 80 % power.
MONITORING_COST = {Monitoring.FIXED: 1.0, Monitoring.ALWAYS_VALID: 1.72}


def detection_constant(
    *, alpha: float = 0.05, power: float = 0.8, is_one_sided: bool = False
) -> float:
    """Return (z at 1 − α/2 + z at power)², or with z at 1 − α for a one-sided test.

    >>> round(detection_constant(), 9)
    7.848879734
    """
    tail = require_alpha(alpha) if is_one_sided else require_alpha(alpha) / 2
    return (upper_quantile(tail) + upper_quantile(1 - require_power(power))) ** 2


def power_of(effect: float, se: float, *, critical_value: float, sides: int = 2) -> float:
    """Return the probability that an effect of this size, with this error, is found.

    Φ(|δ|/se − c), plus for two sides the other tail Φ(−|δ|/se − c). Both in the same
    unit. Only for planning: power at the effect that was seen says nothing new.

    >>> round(power_of(2.8015852, 1, critical_value=1.959963985), 6)
    0.800001
    """
    if not (math.isfinite(effect) and math.isfinite(se) and se > 0):
        raise InvalidInputError(f"not an effect with its error: {effect}, {se}")
    require_sides(sides)
    z = abs(effect) / se
    other = upper_tail(z + critical_value) if sides == 2 else 0.0
    return upper_tail(critical_value - z) + other


def require_power(power: float) -> float:
    """Return `power`; raises InvalidInputError unless it lies strictly between 0 and 1."""
    if not 0 < power < 1:
        raise InvalidInputError(f"power must lie in (0, 1), was {power}")
    return power


def require_positive(**numbers: float) -> None:
    """Raise InvalidInputError unless every number is positive and finite."""
    for name, number in numbers.items():
        if not (math.isfinite(number) and number > 0):
            raise InvalidInputError(f"{name} must be positive, was {number}")
