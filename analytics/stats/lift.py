"""Relative lift, treatment / control − 1, with three intervals; Fieller's is the one shown."""

import math

from analytics.errors import InvalidInputError
from analytics.stats.effects import require_defined
from analytics.stats.results import Estimate, Interval, Lift, Status

LARGEST_EXPONENT = 700.0  # of a double; an upper end beyond it says nothing


def fieller_lift(control: Estimate, treatment: Estimate, *, critical_value: float) -> Lift:
    """Return the lift with Fieller's interval.

    All L for which |m_B − (1+L)·m_A| ≤ c·√(s²_B + (1+L)²·s²_A): it excludes 0 exactly
    when the unpooled absolute test with the same c does. Status `zero_baseline` when
    the control value is not positive or the treatment's is negative; `unbounded` when
    g = c²s²_A / m²_A ≥ 1. Source: Fieller (1954), JRSS-B 16.
    """
    _require_critical(critical_value)
    value_a, variance_a = require_defined(control)
    value_b, variance_b = require_defined(treatment)
    if value_a <= 0 or value_b < 0:
        return Lift(Status.ZERO_BASELINE)
    point, ratio = (value_b - value_a) / value_a, value_b / value_a
    g, h = (_squared(critical_value * math.sqrt(v) / value_a) for v in (variance_a, variance_b))
    # The textbook roots, divided through by m²_A: no difference of nearly equal squares.
    return _between(point, point + g, g * ratio * ratio + (1 - g) * h, g)


def delta_lift(control: Estimate, treatment: Estimate, *, critical_value: float) -> Lift:
    """Return the lift with the first-order interval L ± c·se.

    se² = s²_B / m²_A + m²_B·s²_A / m⁴_A; adequate for |m_A| / s_A ≥ 20. Statuses as
    `fieller_lift`, `unbounded` only where the error leaves the range of a double.
    """
    _require_critical(critical_value)
    value_a, variance_a = require_defined(control)
    value_b, variance_b = require_defined(treatment)
    if value_a <= 0 or value_b < 0:
        return Lift(Status.ZERO_BASELINE)
    ratio = value_b / value_a
    se = math.hypot(math.sqrt(variance_b), ratio * math.sqrt(variance_a)) / value_a
    return _around((value_b - value_a) / value_a, se, critical_value)


def log_delta_lift(control: Estimate, treatment: Estimate, *, critical_value: float) -> Lift:
    """Return the lift with the interval exp(ln(m_B/m_A) ± c·√(s²_A/m²_A + s²_B/m²_B)) − 1.

    Needs both values positive (else `zero_baseline`) and value / error ≥ 5.
    """
    _require_critical(critical_value)
    value_a, variance_a = require_defined(control)
    value_b, variance_b = require_defined(treatment)
    if value_a <= 0 or value_b <= 0:
        return Lift(Status.ZERO_BASELINE)
    point = (value_b - value_a) / value_a
    if not math.isfinite(point):
        return Lift(Status.ZERO_BASELINE)
    centre = math.log(value_b) - math.log(value_a)
    reach = critical_value * math.hypot(
        math.sqrt(variance_a) / value_a, math.sqrt(variance_b) / value_b
    )
    if not centre + reach < LARGEST_EXPONENT:
        return Lift(Status.UNBOUNDED, point)
    interval = Interval(math.expm1(centre - reach), math.expm1(centre + reach))
    return Lift(Status.OK, point, interval)


def effect_lift(
    effect: float,
    effect_variance: float,
    baseline: Estimate,
    *,
    covariance: float,
    critical_value: float,
) -> Lift:
    """Return effect / baseline with Fieller's interval, for an effect that depends on it.

    All L for which |effect − L·m_A| ≤ c·√(s²_d − 2L·cov(d, m_A) + L²·s²_A): it excludes 0
    exactly when the absolute test of the effect with the same c does. With
    s²_d = s²_A + s²_B and cov = −s²_A it is `fieller_lift`. For adjusted effects over the
    unadjusted control value. Statuses as there. Source: Fieller (1954), JRSS-B 16.
    """
    _require_critical(critical_value)
    _require_effect(effect, effect_variance, covariance)
    value_a, variance_a = require_defined(baseline)
    if value_a <= 0 or value_a + effect < 0:
        return Lift(Status.ZERO_BASELINE)
    point, scale = effect / value_a, critical_value / value_a
    g, h = (_squared(scale * math.sqrt(v)) for v in (variance_a, effect_variance))
    k = scale * covariance * scale
    return _between(point, point - k, g * point * point - 2 * point * k + k * k + (1 - g) * h, g)


def delta_effect_lift(
    effect: float,
    effect_variance: float,
    baseline: Estimate,
    *,
    covariance: float,
    critical_value: float,
) -> Lift:
    """Return effect / baseline with the first-order interval L ± c·se.

    se² = (s²_d − 2L·cov(d, m_A) + L²·s²_A) / m²_A. Statuses as `delta_lift`. Source: Deng,
    Knoblich & Lu (2018), KDD.
    """
    _require_critical(critical_value)
    _require_effect(effect, effect_variance, covariance)
    value_a, variance_a = require_defined(baseline)
    if value_a <= 0 or value_a + effect < 0:
        return Lift(Status.ZERO_BASELINE)
    point = effect / value_a
    spread = effect_variance - 2 * point * covariance + point * point * variance_a
    return _around(point, math.sqrt(max(0.0, spread)) / value_a, critical_value)


def _between(point: float, centre: float, inside: float, g: float) -> Lift:
    """Return the lift between (centre ± √inside) / (1 − g); no end may be infinite.

    A control so near zero that the lift itself leaves the doubles is no baseline.
    """
    if not math.isfinite(point):
        return Lift(Status.ZERO_BASELINE)
    if not g < 1:
        return Lift(Status.UNBOUNDED, point, g=g if math.isfinite(g) else None)
    reach = math.sqrt(max(0.0, inside))
    low, high = (centre - reach) / (1 - g), (centre + reach) / (1 - g)
    if not (math.isfinite(low) and math.isfinite(high)):
        return Lift(Status.UNBOUNDED, point, g=g)
    return Lift(Status.OK, point, Interval(low, high), g=g)


def _around(point: float, se: float, critical_value: float) -> Lift:
    """Return the lift with point ± c·se, as finite as `_between`."""
    if not math.isfinite(point):
        return Lift(Status.ZERO_BASELINE)
    low, high = point - critical_value * se, point + critical_value * se
    if not (math.isfinite(low) and math.isfinite(high)):
        return Lift(Status.UNBOUNDED, point)
    return Lift(Status.OK, point, Interval(low, high), se=se)


def _squared(value: float) -> float:
    """Return the square; infinite where `**` would raise."""
    return value * value


def _require_critical(critical_value: float) -> None:
    if not 0 < critical_value < math.inf:
        raise InvalidInputError(f"a critical value must be positive, was {critical_value}")


def _require_effect(effect: float, variance: float, covariance: float) -> None:
    if not (math.isfinite(effect) and math.isfinite(covariance) and 0 <= variance < math.inf):
        raise InvalidInputError(f"not an effect and its errors: {effect}, {variance}, {covariance}")
