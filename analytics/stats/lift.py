"""Relative lift, treatment / control − 1, with three intervals; Fieller's is the one shown."""

import math

from analytics.stats.effects import require_defined
from analytics.stats.results import Estimate, Interval, Lift, Status


def fieller_lift(control: Estimate, treatment: Estimate, *, critical_value: float) -> Lift:
    """Return the lift with Fieller's interval.

    All L for which |m_B − (1+L)·m_A| ≤ c·√(s²_B + (1+L)²·s²_A): it excludes 0 exactly
    when the unpooled absolute test with the same c does. Status `zero_baseline` when
    the control value is not positive or the treatment's is negative; `unbounded` when
    g = c²s²_A / m²_A ≥ 1. Source: Fieller (1954), JRSS-B 16.
    """
    value_a, variance_a = require_defined(control)
    value_b, variance_b = require_defined(treatment)
    if value_a <= 0 or value_b < 0:
        return Lift(Status.ZERO_BASELINE)
    point, ratio = (value_b - value_a) / value_a, value_b / value_a
    g = critical_value**2 * variance_a / value_a**2
    if g >= 1:
        return Lift(Status.UNBOUNDED, point, g=g)
    # The textbook roots, divided through by m²_A: no difference of nearly equal squares.
    reach = math.sqrt(g * ratio**2 + (1 - g) * critical_value**2 * variance_b / value_a**2)
    interval = Interval((point + g - reach) / (1 - g), (point + g + reach) / (1 - g))
    return Lift(Status.OK, point, interval, g=g)


def delta_lift(control: Estimate, treatment: Estimate, *, critical_value: float) -> Lift:
    """Return the lift with the first-order interval L ± c·se.

    se² = s²_B / m²_A + m²_B·s²_A / m⁴_A; adequate for |m_A| / s_A ≥ 20.
    """
    value_a, variance_a = require_defined(control)
    value_b, variance_b = require_defined(treatment)
    if value_a <= 0 or value_b < 0:
        return Lift(Status.ZERO_BASELINE)
    point = (value_b - value_a) / value_a
    se = math.sqrt(variance_b + (value_b / value_a) ** 2 * variance_a) / value_a
    reach = critical_value * se
    return Lift(Status.OK, point, Interval(point - reach, point + reach), se=se)


def log_delta_lift(control: Estimate, treatment: Estimate, *, critical_value: float) -> Lift:
    """Return the lift with the interval exp(ln(m_B/m_A) ± c·√(s²_A/m²_A + s²_B/m²_B)) − 1.

    Needs both values positive (else `zero_baseline`) and value / error ≥ 5.
    """
    value_a, variance_a = require_defined(control)
    value_b, variance_b = require_defined(treatment)
    if value_a <= 0 or value_b <= 0:
        return Lift(Status.ZERO_BASELINE)
    centre = math.log(value_b / value_a)
    reach = critical_value * math.sqrt(variance_a / value_a**2 + variance_b / value_b**2)
    interval = Interval(math.expm1(centre - reach), math.expm1(centre + reach))
    return Lift(Status.OK, (value_b - value_a) / value_a, interval)


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
    value_a, variance_a = require_defined(baseline)
    if value_a <= 0 or value_a + effect < 0:
        return Lift(Status.ZERO_BASELINE)
    point, squared = effect / value_a, (critical_value / value_a) ** 2
    g, k = squared * variance_a, squared * covariance
    if g >= 1:
        return Lift(Status.UNBOUNDED, point, g=g)
    inside = g * point**2 - 2 * point * k + k**2 + (1 - g) * squared * effect_variance
    reach = math.sqrt(max(0.0, inside))
    interval = Interval((point - k - reach) / (1 - g), (point - k + reach) / (1 - g))
    return Lift(Status.OK, point, interval, g=g)


def delta_effect_lift(
    effect: float,
    effect_variance: float,
    baseline: Estimate,
    *,
    covariance: float,
    critical_value: float,
) -> Lift:
    """Return effect / baseline with the first-order interval L ± c·se.

    se² = (s²_d − 2L·cov(d, m_A) + L²·s²_A) / m²_A. Source: Deng, Knoblich & Lu (2018), KDD.
    """
    value_a, variance_a = require_defined(baseline)
    if value_a <= 0 or value_a + effect < 0:
        return Lift(Status.ZERO_BASELINE)
    point = effect / value_a
    spread = effect_variance - 2 * point * covariance + point**2 * variance_a
    se = math.sqrt(max(0.0, spread)) / value_a
    reach = critical_value * se
    return Lift(Status.OK, point, Interval(point - reach, point + reach), se=se)
