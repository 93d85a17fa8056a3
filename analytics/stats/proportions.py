"""Shares of units that did something: the unpooled statistic shown, and labelled diagnostics.

What a report shows together (p, interval, lift) rests on `proportion_estimate` and
the unpooled z alone. Pooled z, Wilson, Newcombe, χ² and G stand beside it.
"""

import math
from dataclasses import dataclass

from scipy.special import chdtrc

from analytics.errors import InvalidInputError
from analytics.stats.effects import effect_test
from analytics.stats.moments import Moments
from analytics.stats.references import NormalReference, require_alpha, upper_quantile, upper_tail
from analytics.stats.results import EffectTest, Estimate, Interval, Plain


@dataclass(frozen=True, slots=True)
class PooledTest(Plain):
    """A diagnostic of two shares: its statistic and p-value, without an interval of its own."""

    statistic: float
    p_value: float


def proportion_estimate(moments: Moments) -> Estimate:
    """Return x / n and p(1 − p) / n; raises InvalidInputError unless every value was 0 or 1.

    >>> proportion_estimate(Moments(n=10_000, sum_y=500, sum_yy=500)).value
    0.05
    """
    if moments.sum_yy != moments.sum_y:
        raise InvalidInputError("a binary metric holds only zeros and ones")
    return share_estimate(moments.sum_y, moments.n)


def share_estimate(successes: int, n: int) -> Estimate:
    """Return the estimate of `successes` among `n` units; undefined variance below two."""
    if not 0 <= successes <= n:
        raise InvalidInputError(f"successes must lie in 0..{n}, were {successes}")
    variance = successes * (n - successes) / n**3 if n > 1 else None
    return Estimate(n, successes / n if n else None, variance)


def unpooled_test(control: Estimate, treatment: Estimate, *, alpha: float = 0.05) -> EffectTest:
    """Return the unpooled z-test with its Wald interval: the trio that is shown."""
    return effect_test(control, treatment, NormalReference(alpha))


def pooled_test(x_a: int, n_a: int, x_b: int, n_b: int) -> PooledTest | None:
    """Return the pooled z-test, or None when all or none of the units succeeded."""
    _require_table(x_a, n_a, x_b, n_b)
    share = (x_a + x_b) / (n_a + n_b)
    se = math.sqrt(share * (1 - share) * (1 / n_a + 1 / n_b))
    if se == 0:
        return None
    statistic = (x_b / n_b - x_a / n_a) / se
    return PooledTest(statistic, 2 * upper_tail(abs(statistic)))


def wilson_interval(successes: int, n: int, *, alpha: float = 0.05) -> Interval:
    """Return Wilson's score interval of one share. Source: Wilson (1927), JASA 22."""
    if not 0 <= successes <= n or n == 0:
        raise InvalidInputError(f"successes must lie in 0..n with n > 0, were {successes}, {n}")
    z2 = upper_quantile(require_alpha(alpha) / 2) ** 2
    centre = (successes + z2 / 2) / (n + z2)
    reach = math.sqrt(z2 * (successes * (n - successes) / n + z2 / 4)) / (n + z2)
    # The ends are exactly 0 and 1 there; rounding would leave a crumb beyond them.
    low = 0.0 if successes == 0 else centre - reach
    return Interval(low, 1.0 if successes == n else centre + reach)


def newcombe_interval(x_a: int, n_a: int, x_b: int, n_b: int, *, alpha: float = 0.05) -> Interval:
    """Return Newcombe's hybrid-score interval of p_B − p_A (method 10).

    For fewer than 50 successes or failures in a variant, beside the Wald interval.
    Source: Newcombe (1998), Stat. Med. 17:873.
    """
    _require_table(x_a, n_a, x_b, n_b)
    p_a, p_b = x_a / n_a, x_b / n_b
    a = wilson_interval(x_a, n_a, alpha=alpha)
    b = wilson_interval(x_b, n_b, alpha=alpha)
    below, above = math.hypot(p_b - b.low, a.high - p_a), math.hypot(b.high - p_b, p_a - a.low)
    return Interval(p_b - p_a - below, p_b - p_a + above)


def chi2_test(x_a: int, n_a: int, x_b: int, n_b: int) -> PooledTest | None:
    """Return Pearson's χ² of the 2 × 2 table without continuity correction (z² of the pooled)."""
    pooled = pooled_test(x_a, n_a, x_b, n_b)
    if pooled is None:
        return None
    return PooledTest(pooled.statistic**2, float(chdtrc(1, pooled.statistic**2)))


def g_test(x_a: int, n_a: int, x_b: int, n_b: int) -> PooledTest | None:
    """Return the likelihood-ratio statistic G of the 2 × 2 table, or None where χ² is None."""
    if pooled_test(x_a, n_a, x_b, n_b) is None:
        return None
    n, successes = n_a + n_b, x_a + x_b
    cells = [
        (x_a, n_a * successes / n),
        (x_b, n_b * successes / n),
        (n_a - x_a, n_a * (n - successes) / n),
        (n_b - x_b, n_b * (n - successes) / n),
    ]
    statistic = max(0.0, 2 * math.fsum(seen * math.log(seen / due) for seen, due in cells if seen))
    return PooledTest(statistic, float(chdtrc(1, statistic)))


def _require_table(x_a: int, n_a: int, x_b: int, n_b: int) -> None:
    """Raise InvalidInputError unless both variants hold units and 0 ≤ x ≤ n."""
    if not (0 <= x_a <= n_a and 0 <= x_b <= n_b and n_a and n_b):
        raise InvalidInputError(f"not a table of shares: {x_a}/{n_a} and {x_b}/{n_b}")
