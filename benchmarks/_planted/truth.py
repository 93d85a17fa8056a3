"""What is true of a planted effect: by formula, and under a cap by a huge draw."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from benchmarks._planted.shop import (
    CLICKS,
    MOST_CLICKS,
    MOST_LISTS,
    NOTHING,
    SINGLE,
    Effect,
    Shop,
    basket_moments,
    behave,
    list_shares,
    revenue_of,
)

DRAWN = 4_000_000  # units on each side, for means under a cap
CHUNK = 500_000


@dataclass(frozen=True, slots=True)
class Values:
    """The true value of each metric in one variant, in the metric's own unit."""

    ctr: float
    conversion: float
    revenue_per_unit: float

    def of(self, metric: str) -> float:
        """Return the value of a metric by its key."""
        return float(getattr(self, metric))


def values_of(shop: Shop, effect: Effect = NOTHING) -> Values:
    """Return what is true under an effect, by formula."""
    conversion = shop.buyers * effect.buys
    orders, kept = 1 + shop.more_orders, 1 - shop.refunded
    revenue = conversion * orders * kept * basket_moments(shop, effect)[0]
    return Values(_click_rate() + effect.clicks, conversion, revenue)


def _click_rate() -> float:
    """Return clicked lists by list: units that see more of them count for more."""
    lists, shares = np.arange(1, MOST_LISTS + 1), list_shares()
    chance = MOST_CLICKS * CLICKS[0] / sum(CLICKS) * np.where(lists > 1, 1.0, SINGLE)
    return float((shares * lists * chance).sum() / (shares * lists).sum())


def planted(shop: Shop, *, clicks: float, conversion: float, revenue: float) -> Effect:
    """Return the effect that adds these to the three metrics and leaves the spread of revenue.

    A plan takes the spread of a unit to stay what it was. More buyers alone would widen it, so
    their baskets are made more alike: μ and σ follow from the first two moments of revenue.
    """
    own = values_of(shop)
    buys = (own.conversion + conversion) / own.conversion
    mean, square = basket_moments(shop)
    wanted = own.revenue_per_unit + revenue
    new_mean = mean * wanted / own.revenue_per_unit / buys
    squares = _square(shop, 1.0, mean, square) + wanted**2 - own.revenue_per_unit**2
    new_square = _basket_square(shop, buys, new_mean, squares)
    if new_square <= new_mean**2:
        raise ValueError(f"no baskets are as alike as a lift of {wanted} at this spread asks for")
    sigma = math.sqrt(math.log(new_square / new_mean**2))
    median = new_mean / math.exp(sigma**2 / 2) / shop.median
    return Effect(clicks, buys, median, sigma / shop.sigma)


def _square(shop: Shop, buys: float, mean: float, square: float) -> float:
    """Return E y² of revenue per unit: c·(E N·k·E X² + E N(N−1)·k²·(E X)²), N orders, k kept."""
    single, pairs, kept = _orders_of(shop)
    return shop.buyers * buys * (single * kept * square + pairs * kept**2 * mean**2)


def _basket_square(shop: Shop, buys: float, mean: float, squares: float) -> float:
    """Return the E X² with which `_square` comes to `squares`."""
    single, pairs, kept = _orders_of(shop)
    return (squares / (shop.buyers * buys) - pairs * kept**2 * mean**2) / (single * kept)


def _orders_of(shop: Shop) -> tuple[float, float, float]:
    """Return E N and E N(N−1) of 1 + Poisson(m) orders of a buyer, and the share kept."""
    more = shop.more_orders
    return 1 + more, 2 * more + more**2, 1 - shop.refunded


class Ladder:
    """Revenue of very many units in order, so that the mean under any cap is one look-up."""

    def __init__(self, shop: Shop, effect: Effect, seed: int) -> None:
        """Draw the units; the same seed draws the same."""
        rng = np.random.default_rng([seed, 7])
        treated = np.ones(CHUNK, np.bool_)
        parts = [revenue_of(behave(shop, effect, treated, rng)) for _ in range(DRAWN // CHUNK)]
        self._values = np.sort(np.concatenate(parts))
        self._sums = np.concatenate([[0], np.cumsum(self._values)])

    def mean_under(self, cap: int) -> float:
        """Return the mean of min(revenue, cap)."""
        below = int(np.searchsorted(self._values, cap))
        n = len(self._values)
        return float((self._sums[below] + cap * (n - below)) / n)


@lru_cache(maxsize=4)
def ladder(shop: Shop, effect: Effect, seed: int) -> Ladder:
    """Return the ladder of a shop under an effect, drawn once in a process."""
    return Ladder(shop, effect, seed)
