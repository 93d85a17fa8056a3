"""Guardrails: a metric must not become worse by more than a margin agreed beforehand."""

import math

from analytics.errors import InvalidInputError
from analytics.stats.effects import require_defined
from analytics.stats.lift import fieller_lift
from analytics.stats.references import require_alpha, upper_quantile, upper_tail
from analytics.stats.results import (
    Comparison,
    Direction,
    Estimate,
    Monitoring,
    NonInferiority,
    Status,
)
from analytics.stats.sequential import (
    one_sided_critical_value,
    one_sided_p_value,
    one_sided_tuning,
)


def non_inferiority_statistic(
    control: Estimate,
    treatment: Estimate,
    *,
    margin: float,
    direction: Direction = Direction.UP,
) -> float:
    """Return how many errors the treatment stays clear of the limit (1 ∓ M)·m_A.

    (m_B − (1 − M)·m_A) / √(s²_B + (1 − M)²·s²_A) when more is better; mirrored with
    1 + M when less is. Raises InvalidInputError without any variance.
    """
    value_a, variance_a = require_defined(control)
    value_b, variance_b = require_defined(treatment)
    # Worse means further down, also from a value below zero, hence the sign of m_A.
    limit = 1 - direction.sign * math.copysign(_require_margin(margin), value_a)
    se = math.sqrt(variance_b + limit**2 * variance_a)
    if se == 0:
        raise InvalidInputError("no variance: the distance to the limit cannot be judged")
    return direction.sign * (value_b - limit * value_a) / se


def absolute_margin_statistic(
    control: Estimate,
    treatment: Estimate,
    *,
    margin: float,
    direction: Direction = Direction.UP,
) -> float:
    """Return (d + δ) / se: how many errors the effect stays clear of −δ, in the good direction.

    `margin` δ in the metric's unit, not negative; se² = s²_A + s²_B. Its p-value is
    `references.upper_tail`. Raises InvalidInputError without any variance.
    """
    value_a, variance_a = require_defined(control)
    value_b, variance_b = require_defined(treatment)
    if not (math.isfinite(margin) and margin >= 0):
        raise InvalidInputError(f"margin must not be negative, was {margin}")
    se = math.sqrt(variance_a + variance_b)
    if se == 0:
        raise InvalidInputError("no variance: the distance to the limit cannot be judged")
    return (direction.sign * (value_b - value_a) + margin) / se


def non_inferiority(
    comparison: Comparison,
    *,
    margin: float,
    direction: Direction = Direction.UP,
    alpha: float = 0.05,
) -> NonInferiority:
    """Return whether the treatment is shown to stay within `margin`, a positive fraction.

    One-sided at `alpha`, in the comparison's own monitoring. `is_exceeded` uses its
    two-sided critical value. Where both variances are 0 only the values can be compared:
    a guardrail that is no worse in any unit seen counts as shown. Raises InvalidInputError
    on a margin outside [0, 1).
    """
    _require_margin(margin)
    if comparison.status is Status.ZERO_VARIANCE:
        is_no_worse = direction.sign * (comparison.effect or 0.0) >= 0
        return NonInferiority(margin, comparison.status, is_no_worse, is_exceeded=False)
    if comparison.status is not Status.OK or comparison.critical_value is None:
        return NonInferiority(margin, comparison.status, is_shown=False, is_exceeded=False)
    statistic = non_inferiority_statistic(
        comparison.control, comparison.treatment, margin=margin, direction=direction
    )
    critical_value = _critical_value(comparison, alpha)
    return NonInferiority(
        margin=margin,
        status=Status.OK,
        is_shown=statistic > critical_value,
        is_exceeded=statistic < -comparison.critical_value,
        statistic=statistic,
        critical_value=critical_value,
        p_value=_p_value(comparison, statistic, alpha),
        worst_lift=_worst_lift(comparison, critical_value, direction),
    )


def _critical_value(comparison: Comparison, alpha: float) -> float:
    """Return the one-sided critical value of the comparison's monitoring."""
    if comparison.monitoring is Monitoring.FIXED:
        return upper_quantile(require_alpha(alpha))
    rho2 = one_sided_tuning(comparison.planned_n, alpha)
    return one_sided_critical_value(comparison.n, rho2=rho2, alpha=alpha)


def _p_value(comparison: Comparison, statistic: float, alpha: float) -> float:
    """Return the one-sided p-value, below `alpha` exactly when the margin is shown to hold."""
    if comparison.monitoring is Monitoring.FIXED:
        return upper_tail(statistic)
    rho2 = one_sided_tuning(comparison.planned_n, alpha)
    return one_sided_p_value(statistic, comparison.n, rho2=rho2)


def _worst_lift(
    comparison: Comparison, critical_value: float, direction: Direction
) -> float | None:
    """Return the one-sided bound of the lift on the harmful side, None where unbounded."""
    lift = fieller_lift(comparison.control, comparison.treatment, critical_value=critical_value)
    if lift.interval is None:
        return None
    return lift.interval.low if direction is Direction.UP else lift.interval.high


def _require_margin(margin: float) -> float:
    """Return the margin; raises InvalidInputError unless it is a fraction in [0, 1)."""
    if not 0 <= margin < 1:
        raise InvalidInputError(f"margin must lie in [0, 1), was {margin}")
    return margin
