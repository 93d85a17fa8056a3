"""Credible intervals, and what they say about a region of practical equivalence."""

import math
from collections.abc import Callable
from enum import StrEnum

from scipy.optimize import brentq

from analytics.errors import InvalidInputError
from analytics.stats.bayes.beta_binomial import BetaPosterior
from analytics.stats.references import require_alpha
from analytics.stats.results import Interval


class RopeDecision(StrEnum):
    """What a credible interval says about a region that counts as no difference."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    UNDECIDED = "undecided"


def equal_tail_interval(posterior: BetaPosterior, *, mass: float = 0.95) -> Interval:
    """Return the interval that leaves (1 − mass) / 2 on either side.

    >>> equal_tail_interval(BetaPosterior(1, 1), mass=0.5)
    Interval(low=0.25, high=0.75)
    """
    tail = (1 - require_alpha(mass)) / 2
    # The upper end as a complement: near 1 a quantile of 1 − tail would lose its digits.
    mirrored = BetaPosterior(posterior.beta, posterior.alpha)
    return Interval(posterior.quantile(tail), 1 - mirrored.quantile(tail))


def highest_density_interval(posterior: BetaPosterior, *, mass: float = 0.95) -> Interval:
    """Return the shortest interval with this mass.

    Both ends have the same density; a posterior that only falls (alpha ≤ 1) starts at
    0, one that only rises ends at 1; a flat or U-shaped one has no single shortest
    interval and gets the equal-tailed.
    """
    require_alpha(mass)
    if posterior.alpha <= 1 and posterior.beta <= 1:
        return equal_tail_interval(posterior, mass=mass)
    if posterior.alpha <= 1:
        return Interval(0.0, posterior.quantile(mass))
    if posterior.beta <= 1:
        return Interval(posterior.quantile(1 - mass), 1.0)
    return _shortest(posterior, mass)


def rope_decision(interval: Interval, *, low: float, high: float) -> RopeDecision:
    """Return whether the highest-density interval lies wholly outside or inside [low, high].

    Outside: a difference that matters; inside: practically none; else undecided.
    Source: Kruschke (2018), Adv. Methods Pract. Psychol. Sci. 1.

    >>> rope_decision(Interval(0.03, 0.08), low=-0.02, high=0.02).value
    'outside'
    """
    if not low < high:
        raise InvalidInputError(f"a region must run from low to high, was {low} to {high}")
    if interval.low > high or interval.high < low:
        return RopeDecision.OUTSIDE
    is_inside = low <= interval.low and interval.high <= high
    return RopeDecision.INSIDE if is_inside else RopeDecision.UNDECIDED


def _shortest(posterior: BetaPosterior, mass: float) -> Interval:
    """Return the interval whose ends have equal density, found over the mass left below it."""
    log_ratio = _log_density_ratio(posterior)

    def slope(below: float) -> float:
        return log_ratio(posterior.quantile(below), posterior.quantile(below + mass))

    first, last = (1 - mass) * 1e-9, (1 - mass) * (1 - 1e-9)
    if slope(first) >= 0:
        return Interval(0.0, posterior.quantile(mass))
    if slope(last) <= 0:
        return Interval(posterior.quantile(1 - mass), 1.0)
    # The quantiles carry rounding noise that a search to the last digit would chase for ever.
    below = float(brentq(slope, first, last, xtol=1e-13 * (1 - mass), rtol=1e-12))
    return Interval(posterior.quantile(below), posterior.quantile(below + mass))


def _log_density_ratio(posterior: BetaPosterior) -> Callable[[float, float], float]:
    """Return the function ln f(low) − ln f(high)."""

    def ratio(low: float, high: float) -> float:
        inner = math.log(low / high) if low else -math.inf
        outer = math.log1p(-low) - math.log1p(-high) if high < 1 else math.inf
        return (posterior.alpha - 1) * inner + (posterior.beta - 1) * outer

    return ratio
