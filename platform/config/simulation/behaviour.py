"""What visitors do with a list, and beside it: one function for the traffic and for the truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.simulation.catalogue import Catalogue
from config.simulation.visitors import Visitors

NOTHING = -1  # in a list: no item at this rank; in `organic_item`: nothing viewed

AFFINITY_WEIGHT = 2.3
CLICK_BASE = -6.3  # log-odds of a click on an examined item that leaves everybody cold
CART_BASE = -2.6
CART_AFFINITY = 0.8  # wishes that led to the click still help in the cart, but less
PURCHASE_SHARE = 0.5  # of items in the cart
EXTRA_QUANTITY = 0.12  # mean of pieces beyond the first
POSITION_DECAY = 0.8  # examination falls as 1 / log2(rank + 1) to this power
ORGANIC_VIEW = 0.30  # visits in which something beside the list is viewed: search, menus, memory
ORGANIC_PURCHASE = 0.04  # of such views


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened in n visits with lists of k items.

    `clicked`, `carted`: (n, k); `bought`: pieces, (n, k); `organic_item`: the item viewed beside
    the list, (n,), NOTHING when none; `organic_bought`: pieces of it, (n,).
    """

    lists: NDArray[np.int64]
    clicked: NDArray[np.bool_]
    carted: NDArray[np.bool_]
    bought: NDArray[np.int64]
    organic_item: NDArray[np.int64]
    organic_bought: NDArray[np.int64]

    def list_revenue(self, price: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what each visit's order from the list comes to, shape (n,)."""
        total: NDArray[np.int64] = (price[self.lists] * self.bought).sum(axis=1)
        return total

    def organic_revenue(self, price: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what each visit's order beside the list comes to, shape (n,)."""
        return price[self.organic_item] * self.organic_bought


def behave(
    lists: NDArray[np.int64],
    visitor: NDArray[np.int64],
    visitors: Visitors,
    catalogue: Catalogue,
    rng: np.random.Generator,
    *,
    intent: float = 0.0,
) -> Outcome:
    """Return what the visitors (indexes, shape (n,)) do with their lists (n, k) of item indexes.

    `intent`: log-odds of a click beyond the usual, for pages that a visitor went to on purpose.

    Down the list attention fades; an examined item is clicked by affinity, appeal and price, and
    what is clicked may be put in the cart and bought. What happens beside the list is drawn first
    and never looks at it. Equal shapes use equal draws, so lists can be compared on the same luck.
    """
    organic_item, organic_bought = _organic(visitor, visitors, catalogue, rng)
    luck = rng.random((4, *lists.shape))
    pieces = 1 + rng.poisson(EXTRA_QUANTITY, lists.shape)
    wish = wish_of(lists, visitor, visitors, catalogue)
    clicked = (
        (luck[0] < examination(lists.shape[1]))
        & (luck[1] < _logistic(CLICK_BASE + intent + wish))
        & (lists != NOTHING)
    )
    carted = clicked & (luck[2] < _logistic(CART_BASE + CART_AFFINITY * wish))
    bought = np.where(carted & (luck[3] < PURCHASE_SHARE), pieces, 0)
    return Outcome(lists, clicked, carted, bought, organic_item, organic_bought)


def examination(k: int) -> NDArray[np.float64]:
    """Return the probability that each of the ranks 1…k is looked at, shape (k,)."""
    return np.log2(np.arange(2, k + 2)) ** -POSITION_DECAY


def wish_of(
    lists: NDArray[np.int64],
    visitor: NDArray[np.int64],
    visitors: Visitors,
    catalogue: Catalogue,
) -> NDArray[np.float64]:
    """Return the log-odds that each visitor feels for each item of its list, shape (n, k)."""
    affinity = np.einsum("nd,nkd->nk", visitors.taste[visitor], catalogue.factors[lists])
    dearness = np.log(catalogue.price / np.median(catalogue.price))[lists]
    sensitivity = visitors.price_sensitivity[visitor][:, None]
    return AFFINITY_WEIGHT * affinity + catalogue.appeal[lists] - sensitivity * dearness


def _organic(
    visitor: NDArray[np.int64],
    visitors: Visitors,
    catalogue: Catalogue,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return items viewed beside the list and the pieces bought of them."""
    luck = rng.random((2, len(visitor)))
    item = pick_items(pick_categories(visitor, visitors, rng), catalogue, rng)
    viewed = luck[0] < ORGANIC_VIEW
    bought = viewed & (luck[1] < ORGANIC_PURCHASE)
    pieces = 1 + rng.poisson(EXTRA_QUANTITY, len(visitor))
    return np.where(viewed, item, NOTHING), np.where(bought, pieces, 0)


def pick_categories(
    visitor: NDArray[np.int64], visitors: Visitors, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return a category for each visitor, drawn by its interests."""
    edges = np.cumsum(visitors.interests[visitor], axis=1)
    luck = rng.random(len(visitor))[:, None] * edges[:, -1:]
    return (luck >= edges).sum(axis=1)


def pick_items(
    category: NDArray[np.int64], catalogue: Catalogue, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return an item of each category, drawn by appeal."""
    picked = np.empty(len(category), np.int64)
    for one in np.unique(category):
        members = np.flatnonzero(catalogue.category == one)
        # Hardly ever what is sold out, yet a category that is all sold out must not divide by zero.
        shares = np.exp(catalogue.appeal[members]) * np.where(catalogue.stock[members] > 0, 1, 1e-9)
        here = category == one
        picked[here] = rng.choice(members, int(here.sum()), p=shares / shares.sum())
    return picked


def _logistic(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    probability: NDArray[np.float64] = 1 / (1 + np.exp(-log_odds))
    return probability
