"""Units for one comparison, by formula: unrounded, in every variant that is in use."""

import math
from enum import StrEnum

from scipy.optimize import brentq
from scipy.special import nctdtr, stdtrit

from analytics.errors import InvalidInputError
from analytics.stats.power import (
    MONITORING_COST,
    detection_constant,
    require_positive,
    require_power,
)
from analytics.stats.references import require_alpha, upper_quantile, upper_tail
from analytics.stats.results import Monitoring

LEHR = 16.0  # twice the constant at alpha 0.05 and power 0.8, rounded up


class BinaryMethod(StrEnum):
    """Which variance a share has while the sample size is computed."""

    UNPOOLED = "unpooled"  # the default: that of the test shown
    POOLED = "pooled"  # no difference: the mean share (R's power.prop.test)
    MILLER = "miller"  # no difference: control's share (Miller's calculator)
    ARCSINE = "arcsine"  # on the scale where it is constant


def required_n_mean(
    sigma: float, delta: float, *, ratio: float = 1.0, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the units control needs to detect a difference `delta` of means, unrounded.

    K·σ²·(1 + 1/r) / δ², with r = n_treatment / n_control. `sigma` and `delta` in the
    metric's unit; for a ratio metric σ² is `ratios.linearised_variance`, for a quantile
    n·se². Round up. Raises InvalidInputError on anything not positive and finite.

    >>> round(required_n_mean(1, 0.2), 7)
    392.4439867
    """
    require_positive(sigma=sigma, delta=abs(delta), ratio=ratio)
    return detection_constant(alpha=alpha, power=power) * (sigma / delta) ** 2 * (1 + 1 / ratio)


def required_n_mean_t(
    sigma: float, delta: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the units per variant where Student's t, not the normal, judges the means.

    Solves the noncentral t with 2n − 2 degrees of freedom, both tails; a unit or
    two more than `required_n_mean` at usual sizes. Source: Cohen (1988), ch. 2.
    """
    require_positive(sigma=sigma, delta=abs(delta))
    effect = abs(delta) / sigma

    def lack(n: float) -> float:
        return _t_power(effect, n, alpha) - power

    start = required_n_mean(sigma, delta, alpha=alpha, power=power)
    if lack(2.0) >= 0:
        return 2.0
    return float(brentq(lack, 2.0, 2 * start + 20, xtol=1e-9, rtol=1e-12))


def required_n_binary(
    p_control: float,
    p_treatment: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    method: BinaryMethod = BinaryMethod.UNPOOLED,
) -> float:
    """Return the units per variant to tell two shares apart, unrounded.

    Unpooled K·(p₁q₁ + p₂q₂) / δ²; pooled and Miller (z_{1−α/2}·√v₀ + z_power·√(p₁q₁ +
    p₂q₂))² / δ² with v₀ = 2p̄q̄ or 2p₁q₁; arcsine 2K / (2 asin√p₂ − 2 asin√p₁)².
    Raises InvalidInputError on equal shares or outside (0, 1).

    >>> round(required_n_binary(0.05, 0.055), 5)
    31230.69246
    """
    if not (0 < p_control < 1 and 0 < p_treatment < 1) or p_control == p_treatment:
        raise InvalidInputError(f"not two different shares: {p_control}, {p_treatment}")
    method, constant = BinaryMethod(method), detection_constant(alpha=alpha, power=power)
    if method is BinaryMethod.ARCSINE:
        gap = 2 * (math.asin(math.sqrt(p_treatment)) - math.asin(math.sqrt(p_control)))
        return 2 * constant / gap**2
    spread = p_control * (1 - p_control) + p_treatment * (1 - p_treatment)
    squared = (p_treatment - p_control) ** 2
    if method is BinaryMethod.UNPOOLED:
        return constant * spread / squared
    null_share = p_control if method is BinaryMethod.MILLER else (p_control + p_treatment) / 2
    null_spread = 2 * null_share * (1 - null_share)
    z_alpha, z_power = upper_quantile(alpha / 2), upper_quantile(1 - power)
    return (z_alpha * math.sqrt(null_spread) + z_power * math.sqrt(spread)) ** 2 / squared


def required_n_non_inferiority(
    sigma: float, margin: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the units per variant to show an effect above −margin, one-sided, unrounded.

    (z_{1−α} + z_power)²·2σ² / margin², where there truly is no difference; `sigma` and
    `margin` in the metric's unit.
    """
    require_positive(sigma=sigma, margin=margin)
    constant = detection_constant(alpha=alpha, power=power, is_one_sided=True)
    return constant * 2 * sigma**2 / margin**2


def required_n_preference(share: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the units with a preference needed to tell `share` of them from one half.

    (z_{1−α/2}/2 + z_power·√(p(1−p)))² / (p − ½)²: the sign test of interleaving.

    >>> round(required_n_preference(0.51), 5)
    19619.8413
    """
    if not 0 < share < 1 or share == 0.5:
        raise InvalidInputError(f"not a share different from one half: {share}")
    require_power(power)
    z_alpha, z_power = upper_quantile(require_alpha(alpha) / 2), upper_quantile(1 - power)
    return (z_alpha / 2 + z_power * math.sqrt(share * (1 - share))) ** 2 / (share - 0.5) ** 2


def lehr_n(sigma: float, delta: float) -> float:
    """Return 16σ²/δ²: units per variant by head, at alpha 0.05 and power 0.8.

    Source: Lehr (1992), Stat. Med. 11. The exact constant is 15.69775947.
    """
    require_positive(sigma=sigma, delta=abs(delta))
    return LEHR * (sigma / delta) ** 2


def planned_units(n_per_variant: float, *, n_variants: int, monitoring: Monitoring) -> int:
    """Return the whole units a test needs over all variants, with the price of its looks."""
    require_positive(n_per_variant=n_per_variant)
    if n_variants < 2:
        raise InvalidInputError(f"a test has at least two variants, was given {n_variants}")
    return math.ceil(n_per_variant * MONITORING_COST[Monitoring(monitoring)]) * n_variants


def _t_power(effect: float, n: float, alpha: float) -> float:
    """Return the power of the two-sided t-test with n units per variant."""
    df, shift = 2 * n - 2, effect * math.sqrt(n / 2)
    critical = float(-stdtrit(df, require_alpha(alpha) / 2))
    found = 1 - float(nctdtr(df, shift, critical)) + float(nctdtr(df, shift, -critical))
    if math.isnan(found):  # so far out, or at so many units, that the library gives up
        return upper_tail(critical - shift) + upper_tail(critical + shift)
    return found
