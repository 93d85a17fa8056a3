"""Shops that are made up so that the truth about them is known: who comes, clicks and buys."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_LISTS = 12
LISTS_EXPONENT = 1.8  # Zipf's: most see one list, few see many
CLICKS = (1.5, 4.5)  # Beta of a unit's own chance to click, so that a unit's lists are alike
MOST_CLICKS = 0.6
SINGLE = 0.8  # of that chance, for those who see one list: who looks longer clicks more


@dataclass(frozen=True, slots=True)
class Shop:
    """How units of a control behave; money in minor units.

    `regulars`: the share that bought before, with chance `bought_before`; they buy with
    `regular_buys`, others with `new_buys`. A buyer places 1 + Poisson(`more_orders`) orders, each
    log-normal with `median` and `sigma`; of these `refunded` is taken back whole.
    """

    name: str
    sigma: float
    regular_buys: float
    new_buys: float
    regulars: float = 0.15
    bought_before: float = 0.6
    median: float = 3000.0
    more_orders: float = 0.15
    refunded: float = 0.04

    @property
    def buyers(self) -> float:
        """Return the share of units that buy."""
        return self.regulars * self.regular_buys + (1 - self.regulars) * self.new_buys


@dataclass(frozen=True, slots=True)
class Effect:
    """What a treatment changes: chances added to each list's click, factors of all else."""

    clicks: float = 0.0
    buys: float = 1.0
    median: float = 1.0
    sigma: float = 1.0


NOTHING = Effect()
USUAL = Shop("usual", sigma=0.8, regular_buys=0.3, new_buys=0.08)
HEAVY = Shop("heavy", sigma=1.5, regular_buys=0.12, new_buys=0.03)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What n units do; of lists, orders and past orders each the unit's place, shape (rows,).

    `nth`: which of the unit's lists or orders it is, from 0.
    """

    n: int
    list_unit: Ints
    list_nth: Ints
    clicked: Ints
    order_unit: Ints
    order_nth: Ints
    amount: Ints
    refunded: Ints
    past_unit: Ints
    past_amount: Ints


def list_shares() -> Floats:
    """Return the shares of units that see 1, 2, … lists."""
    weights = np.arange(1, MOST_LISTS + 1) ** -LISTS_EXPONENT
    return np.asarray(weights / weights.sum())


def behave(shop: Shop, effect: Effect, treated: Mask, rng: Rng) -> Behaviour:
    """Return what units do, those in `treated` (n,) under the effect."""
    n = len(treated)
    lists = rng.choice(np.arange(1, MOST_LISTS + 1), n, p=list_shares())
    own = MOST_CLICKS * rng.beta(*CLICKS, n) * np.where(lists > 1, 1.0, SINGLE)
    own += effect.clicks * treated
    list_unit, list_nth = _each(lists)
    regular = rng.random(n) < shop.regulars
    order_unit, order_nth = _each(_orders(shop, effect, treated, regular, rng))
    amount = _baskets(shop, effect, treated[order_unit], rng)
    past_unit = np.flatnonzero(regular & (rng.random(n) < shop.bought_before))
    return Behaviour(
        n=n,
        list_unit=list_unit,
        list_nth=list_nth,
        clicked=(rng.random(len(list_unit)) < own[list_unit]).astype(np.int64),
        order_unit=order_unit,
        order_nth=order_nth,
        amount=amount,
        refunded=np.where(rng.random(len(amount)) < shop.refunded, amount, 0),
        past_unit=past_unit,
        past_amount=_baskets(shop, NOTHING, no_one(len(past_unit)), rng),
    )


def no_one(n: int) -> Mask:
    """Return a mask of n units of whom nobody is treated."""
    return np.zeros(n, np.bool_)


def idle(n: int) -> Behaviour:
    """Return the behaviour of n units that do nothing."""
    none = np.zeros(0, np.int64)
    return Behaviour(n, none, none, none, none, none, none, none, none, none)


def revenue_of(behaviour: Behaviour) -> Ints:
    """Return each unit's revenue less refunds, shape (n,)."""
    net = (behaviour.amount - behaviour.refunded).astype(np.float64)
    return np.bincount(behaviour.order_unit, net, behaviour.n).astype(np.int64)


def _orders(shop: Shop, effect: Effect, treated: Mask, regular: Mask, rng: Rng) -> Ints:
    chance = np.where(regular, shop.regular_buys, shop.new_buys)
    chance = chance * np.where(treated, effect.buys, 1.0)
    buys = rng.random(len(treated)) < chance
    return np.asarray(buys * (1 + rng.poisson(shop.more_orders, len(treated))), np.int64)


def _baskets(shop: Shop, effect: Effect, treated: Mask, rng: Rng) -> Ints:
    median = shop.median * np.where(treated, effect.median, 1.0)
    sigma = shop.sigma * np.where(treated, effect.sigma, 1.0)
    return np.rint(median * np.exp(sigma * rng.standard_normal(len(treated)))).astype(np.int64)


def _each(counts: NDArray[np.integer]) -> tuple[Ints, Ints]:
    """Return for each of so many rows per unit the unit's place, and which of its rows it is."""
    unit = np.repeat(np.arange(len(counts)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    return unit, np.arange(len(unit)) - first


def basket_moments(shop: Shop, effect: Effect = NOTHING) -> tuple[float, float]:
    """Return the mean of a basket, and of its square: e^(s²/2) and e^(2s²) times the median's."""
    median, sigma = shop.median * effect.median, shop.sigma * effect.sigma
    return median * math.exp(sigma**2 / 2), median**2 * math.exp(2 * sigma**2)
