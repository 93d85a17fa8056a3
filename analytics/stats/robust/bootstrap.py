"""Bootstrap-t: an interval that follows the skewness of few or unevenly split units."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.errors import InvalidInputError
from analytics.stats.columns import Floats
from analytics.stats.means import mean_estimate
from analytics.stats.moment_arrays import MomentArrays
from analytics.stats.references import require_alpha
from analytics.stats.results import Interval, Plain, Status
from analytics.stats.value_counts import ValueCounts

RESAMPLES = 1999
SMALL = 10_000  # units per variant below which the normal may lag behind skewness
EVEN = (0.4, 0.6)
MOST_STILL = 0.01  # share of resamples without any variance that an interval may ignore
CHUNK = 4_000_000  # drawn numbers held at once, 32 MB


@dataclass(frozen=True, slots=True)
class BootstrapInterval(Plain):
    """The bootstrap-t interval of an absolute difference, with what makes it again.

    `n_still`: resamples in which nothing varied, which have no t and are left out.
    """

    status: Status
    resamples: int
    seed: int
    alpha: float
    effect: float | None = None
    se: float | None = None
    interval: Interval | None = None
    n_still: int = 0


def needs_bootstrap(n_a: int, n_b: int) -> bool:
    """Tell whether to look at bootstrap-t: below 10 000 units, or a split outside 40–60 %."""
    if min(n_a, n_b) < SMALL:
        return True
    return not EVEN[0] <= n_a / (n_a + n_b) <= EVEN[1]


def bootstrap_t(
    control: ValueCounts,
    treatment: ValueCounts,
    *,
    seed: int,
    resamples: int = RESAMPLES,
    alpha: float = 0.05,
) -> BootstrapInterval:
    """Return [d − t*(1−α/2)·se, d − t*(α/2)·se] for the difference of means.

    Units are resampled within each variant; t* = (d* − d) / se*, all unpooled. The same
    seed gives the same interval. Status `insufficient_data` below two units, or where more
    than 1 % of the resamples have no variance; `zero_variance` where nothing varies.
    Raises InvalidInputError below 1999 resamples and on a negative seed. Sources: Hall
    (1988), Ann. Stat. 16; Efron & Tibshirani (1993), ch. 12.
    """
    if resamples < RESAMPLES or seed < 0:
        raise InvalidInputError(f"need {RESAMPLES} resamples, seed ≥ 0; were {resamples}, {seed}")
    rng = np.random.default_rng(seed)
    replicates = [resampled_moments(each, resamples, rng=rng) for each in (control, treatment)]
    return _from_replicates(
        control, treatment, replicates[0], replicates[1], seed=seed, alpha=alpha
    )


def resampled_moments(
    values: ValueCounts, resamples: int, *, rng: np.random.Generator
) -> MomentArrays:
    """Return the moments of resamples of n units with replacement, arrays (resamples,)."""
    _require_resamples(resamples)
    n, k = values.n, len(values.values)
    if n == 0:
        return _moments(values, np.zeros((resamples, 0)))
    shares = values.counts / n
    step = max(1, CHUNK // k)
    parts = [
        _moments(values, rng.multinomial(n, shares, size=min(step, resamples - start)))
        for start in range(0, resamples, step)
    ]
    return _joined(parts)


def poisson_moments(
    values: ValueCounts, resamples: int, *, rng: np.random.Generator
) -> MomentArrays:
    """Return the moments of resamples in which every unit counts Poisson(1) times.

    For streams: parts of the units are resampled as they come and merged with `+`, for
    the sum of a value's `counts` weights is Poisson(counts). Source: Chamandy et al.
    (2012), Estimating uncertainty for massive data streams.
    """
    _require_resamples(resamples)
    step = max(1, CHUNK // max(1, len(values.values)))
    sizes = [min(step, resamples - start) for start in range(0, resamples, step)]
    parts = [
        _moments(values, rng.poisson(values.counts, size=(size, len(values.values))))
        for size in sizes
    ]
    return _joined(parts)


def streamed_bootstrap_t(
    control: ValueCounts,
    treatment: ValueCounts,
    replicates: tuple[MomentArrays, MomentArrays],
    *,
    seed: int,
    alpha: float = 0.05,
) -> BootstrapInterval:
    """Return the bootstrap-t interval from replicates that were merged on the way.

    `seed`: of the generator that drew them, kept with the result.
    """
    return _from_replicates(control, treatment, *replicates, seed=seed, alpha=alpha)


def _from_replicates(
    control: ValueCounts,
    treatment: ValueCounts,
    drawn_a: MomentArrays,
    drawn_b: MomentArrays,
    *,
    seed: int,
    alpha: float,
) -> BootstrapInterval:
    require_alpha(alpha)
    resamples = len(drawn_a.n)
    a, b = (mean_estimate(each.moments()) for each in (control, treatment))
    if a.value is None or b.value is None or a.variance is None or b.variance is None:
        return BootstrapInterval(Status.INSUFFICIENT_DATA, resamples, seed, alpha)
    effect, se = b.value - a.value, math.sqrt(a.variance + b.variance)
    if se == 0:
        return BootstrapInterval(Status.ZERO_VARIANCE, resamples, seed, alpha, effect)
    drawn_se = np.sqrt(_variance(drawn_a) + _variance(drawn_b))
    varies = drawn_se > 0
    n_still = int(resamples - varies.sum())
    if n_still > MOST_STILL * resamples:
        return BootstrapInterval(
            Status.INSUFFICIENT_DATA, resamples, seed, alpha, effect, se, None, n_still
        )
    gaps = (drawn_b.mean_y - drawn_a.mean_y - effect)[varies]
    # Type 6 takes the order statistic (B + 1)·p, whose coverage is exact for pivots.
    low, high = np.quantile(gaps / drawn_se[varies], [alpha / 2, 1 - alpha / 2], method="weibull")
    interval = Interval(effect - float(high) * se, effect - float(low) * se)
    return BootstrapInterval(Status.OK, resamples, seed, alpha, effect, se, interval, n_still)


def _variance(moments: MomentArrays) -> Floats:
    """Return v / n of every resample; 0 where it drew fewer than two units."""
    return moments.m2_y / np.maximum(moments.n - 1, 1) / np.maximum(moments.n, 1)


def _moments(values: ValueCounts, weights: NDArray[np.int64] | Floats) -> MomentArrays:
    """Return the moments of the values weighted by each row of `weights`."""
    n = weights.sum(axis=1).astype(np.int64)
    y = values.values.astype(np.float64)
    mean = weights @ y / np.maximum(n, 1)
    m2 = (weights * (y - mean[:, None]) ** 2).sum(axis=1)
    m2[(weights > 0).sum(axis=1) < 2] = 0.0  # one value alone: what is left is rounding
    zero = np.zeros_like(mean)
    return MomentArrays(n, mean, m2, zero, zero, zero)


def _joined(parts: list[MomentArrays]) -> MomentArrays:
    names = ("n", "mean_y", "m2_y", "mean_x", "m2_x", "c_xy")
    return MomentArrays(
        *(np.concatenate([getattr(each, name) for each in parts]) for name in names)
    )


def _require_resamples(resamples: int) -> None:
    if resamples < 1:
        raise InvalidInputError(f"there must be a resample, were {resamples}")
