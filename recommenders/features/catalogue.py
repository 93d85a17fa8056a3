"""What is known of items before anybody touched them: identity, category, brand, price tier."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, identity

PRICE_TIERS = 5


@dataclass(frozen=True, slots=True)
class ItemFeatures:
    """What the catalogue says of an item; the price in minor units, `added_us` since 1970."""

    item_id: str
    category: str = ""
    brand: str = ""
    price: int | None = None
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    added_us: int | None = None


def item_feature_matrix(items: Sequence[ItemFeatures]) -> csr_matrix:
    """Return one row per item: its own identity, category, brand and price tier, rows sum to 1."""
    columns = [
        identity(len(items), dtype=np.float32, format="csr"),
        one_hot(indexed([item.category for item in items])[0]),
        one_hot(indexed([item.brand for item in items])[0]),
        one_hot(price_tiers(prices_of(items))),
    ]
    stacked: csr_matrix = hstack(columns, format="csr", dtype=np.float32)
    features = np.diff(stacked.indptr)  # each is a 1 so far
    stacked.data = np.repeat(1 / features, features).astype(np.float32)
    return stacked


def prices_of(items: Sequence[ItemFeatures]) -> NDArray[np.float32]:
    """Return the prices in minor units, NaN where unknown."""
    return np.array(
        [np.nan if item.price is None else item.price for item in items], np.float32
    ).reshape(len(items))


def price_tiers(prices: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return each price's fifth, 0 for the cheapest of the range, -1 where it is unknown.

    Tiers hold equally many items, as far as equal prices allow: they are of this range, not of
    the money, so that they mean the same in a shop for screws and in one for watches.
    """
    known = np.isfinite(prices)
    tiers = np.full(len(prices), -1)
    if known.any():
        edges = np.quantile(prices[known], np.linspace(0, 1, PRICE_TIERS + 1)[1:-1])
        tiers[known] = np.searchsorted(edges, prices[known])
    return tiers


def indexed(values: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return each value's index among the distinct ones, -1 for "", and those, sorted.

    >>> indexed(["shoes", "", "hats", "shoes"])
    (array([ 1, -1,  0,  1]), ('hats', 'shoes'))
    """
    distinct = tuple(sorted({value for value in values if value}))
    places = {value: index for index, value in enumerate(distinct)}
    return np.array([places.get(value, -1) for value in values], np.int64), distinct


def one_hot(indexes: NDArray[np.int64], width: int | None = None) -> csr_matrix:
    """Return a 1 in the column that each index names, nothing in a row of -1.

    `width`: the number of columns; just enough, when left out.
    """
    rows = np.flatnonzero(indexes >= 0)
    columns = indexes[rows]
    shape = (len(indexes), width or int(columns.max(initial=-1)) + 1)
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
