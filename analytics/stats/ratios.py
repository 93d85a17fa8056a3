"""Ratios of two sums per unit: click-through rate, order value, items per order."""

from analytics.errors import InvalidInputError
from analytics.stats.moments import Moments
from analytics.stats.results import Estimate


def ratio_estimate(moments: Moments) -> Estimate:
    """Return R = Σy / Σx and its variance by the delta method, per unit, not per event.

    Var(R) = (v_y − 2R·c_xy + R²·v_x) / (n·m_x²), which equals the variance of the
    linearised values (y − R·x) / m_x over n. Units with x = 0 stay in n. The value is
    None when Σx is 0, the variance also below two units. Raises InvalidInputError on
    a negative denominator. Source: Deng, Knoblich & Lu (2018), KDD.

    >>> clicks, views = [1, 0, 2, 1, 0, 3], [10, 4, 12, 9, 5, 20]
    >>> round(ratio_estimate(Moments.from_values(clicks, views)).value, 10)
    0.1166666667
    """
    if moments.sum_x < 0:
        raise InvalidInputError(f"the denominator must not be negative, was {moments.sum_x}")
    if moments.sum_x == 0:
        return Estimate(moments.n, None, None)
    value = moments.sum_y / moments.sum_x
    return Estimate(moments.n, value, _ratio_variance(moments) if moments.n > 1 else None)


def linearised_variance(moments: Moments) -> float | None:
    """Return the variance of the linearised values, n·Var(R): the σ² that planning needs."""
    variance = ratio_estimate(moments).variance
    return None if variance is None else variance * moments.n


def _ratio_variance(moments: Moments) -> float:
    """Return Var(R) from whole numbers, multiplied out so that only one division rounds."""
    y, x = moments.sum_y, moments.sum_x
    spread = x * x * moments.scaled_yy - 2 * x * y * moments.scaled_xy + y * y * moments.scaled_xx
    return spread / ((moments.n - 1) * x**4)
