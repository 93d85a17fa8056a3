"""Simulated outcomes of many runs at once, kept as moments: only buyers are drawn."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analytics.stats.calibration.rows import Rng
from analytics.stats.columns import Floats
from analytics.stats.moment_arrays import MomentArrays

BUYERS = 0.03
MEDIAN_BASKET = 60.0
CAPPED_SHARE = 0.001  # of all units, those without purchase included
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shop:
    """Units of whom 3 % buy, for log-normal baskets of median 60 and log-deviation `sigma`."""

    name: str
    sigma: float

    @property
    def cap(self) -> float:
        """Return the 99.9th percentile of revenue per unit, frozen before any data."""
        return MEDIAN_BASKET * math.exp(self.sigma * float(ndtri(1 - CAPPED_SHARE / BUYERS)))

    def baskets(self, size: int, rng: Rng) -> Floats:
        """Return the values of `size` baskets."""
        return rng.lognormal(math.log(MEDIAN_BASKET), self.sigma, size)


R1, R2 = Shop("R1", 1.0), Shop("R2", 1.5)


def look_sizes(n: int, looks: int) -> Ints:
    """Return the units so far at equally spaced looks, shape (looks,).

    >>> look_sizes(1000, 4).tolist()
    [250, 500, 750, 1000]
    """
    return np.rint(np.arange(1, looks + 1) * n / looks).astype(np.int64)


def revenue(shop: Shop, sizes: Ints, runs: int, rng: Rng) -> tuple[MomentArrays, MomentArrays]:
    """Return the moments of revenue per unit, raw and capped, at looks after `sizes` units.

    Both of shape (runs, looks), and of the same units.
    """
    fresh = np.broadcast_to(np.diff(sizes, prepend=0), (runs, len(sizes)))
    buyers = rng.binomial(fresh, BUYERS)
    values = shop.baskets(int(buyers.sum()), rng)
    cells = np.repeat(np.arange(buyers.size), buyers.ravel())
    return (
        accumulated(sizes, cells, values, buyers.shape),
        accumulated(sizes, cells, np.minimum(values, shop.cap), buyers.shape),
    )


def accumulated(
    sizes: Ints, cells: NDArray[np.intp], values: Floats, shape: tuple[int, ...]
) -> MomentArrays:
    """Return the moments up to each look of values that belong to (run, look) `cells`."""
    count = math.prod(shape)
    totals = [
        np.bincount(cells, weights, count).reshape(shape).cumsum(axis=1)
        for weights in (values, values * values)
    ]
    n = np.broadcast_to(sizes, shape)
    none = np.zeros(shape)
    squares = np.maximum(totals[1] - totals[0] ** 2 / n, 0)
    return MomentArrays(n.astype(np.int64), totals[0] / n, squares, none, none, none)


def chunks(runs: int, drawn_per_run: float, *, at_most: float = 3e6) -> list[int]:
    """Return runs split so that no part holds much more than `at_most` numbers in memory."""
    per_chunk = max(1, int(at_most / max(drawn_per_run, 1)))
    whole, rest = divmod(runs, per_chunk)
    return [per_chunk] * whole + ([rest] if rest else [])
