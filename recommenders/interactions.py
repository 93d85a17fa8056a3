"""From events to arrays: id maps, weights by kind of event, item features."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, identity

from recommenders.base import TrainingData

# How much an event says about taste; what is absent here says nothing.
EVENT_WEIGHTS = {
    "select_item": 1.0,
    "view_item": 1.0,
    "add_to_wishlist": 2.0,
    "add_to_cart": 3.0,
    "purchase": 5.0,
    "review": 2.0,
}
DAY_US = 86_400_000_000
PRICE_TIERS = 5


@dataclass(frozen=True, slots=True)
class Interaction:
    """A unit did something with an item."""

    unit_id: str
    item_id: str
    weight: float
    ts_us: int


@dataclass(frozen=True, slots=True)
class ItemFeatures:
    """What is known of an item before anybody touched it."""

    item_id: str
    category: str = ""
    brand: str = ""
    price: int | None = None


@dataclass(frozen=True)
class Dataset:
    """Training data with the ids behind its indexes, both sorted."""

    data: TrainingData
    unit_ids: tuple[str, ...]
    item_ids: tuple[str, ...]


def build_dataset(
    interactions: Iterable[Interaction], items: Sequence[ItemFeatures], *, now_us: int
) -> Dataset:
    """Return the data of all items and of every unit that touched one; other items are left out."""
    item_ids = tuple(sorted(item.item_id for item in items))
    item_index = {item_id: index for index, item_id in enumerate(item_ids)}
    kept = [row for row in interactions if row.item_id in item_index]
    # By their bytes, so that a binary search in the artifact finds them again.
    unit_ids = tuple(sorted({row.unit_id for row in kept}, key=lambda text: text.encode()))
    unit_index = {unit_id: index for index, unit_id in enumerate(unit_ids)}
    data = TrainingData(
        n_units=len(unit_ids),
        n_items=len(item_ids),
        unit=np.array([unit_index[row.unit_id] for row in kept], np.int64),
        item=np.array([item_index[row.item_id] for row in kept], np.int64),
        weight=np.array([row.weight for row in kept], np.float32),
        age_days=np.array([max(now_us - row.ts_us, 0) / DAY_US for row in kept], np.float32),
        features=item_feature_matrix(sorted(items, key=lambda item: item.item_id)),
    )
    return Dataset(data, unit_ids, item_ids)


def item_feature_matrix(items: Sequence[ItemFeatures]) -> csr_matrix:
    """Return one row per item: its own identity, category, brand and price tier, rows sum to 1."""
    columns = [
        identity(len(items), dtype=np.float32, format="csr"),
        _one_hot([item.category for item in items]),
        _one_hot([item.brand for item in items]),
        _one_hot(_price_tiers(items)),
    ]
    stacked: csr_matrix = hstack(columns, format="csr", dtype=np.float32)
    features = np.diff(stacked.indptr)  # each is a 1 so far
    stacked.data = np.repeat(1 / features, features).astype(np.float32)
    return stacked


def _one_hot(values: Sequence[str]) -> csr_matrix:
    known = {value: i for i, value in enumerate(sorted({v for v in values if v}))}
    rows = [row for row, value in enumerate(values) if value]
    columns = [known[values[row]] for row in rows]
    shape = (len(values), len(known))
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)


def _price_tiers(items: Sequence[ItemFeatures]) -> list[str]:
    prices: NDArray[np.float64] = np.array([item.price for item in items if item.price is not None])
    if not len(prices):
        return [""] * len(items)
    edges = np.quantile(prices, np.linspace(0, 1, PRICE_TIERS + 1)[1:-1])
    return [
        "" if item.price is None else f"tier-{int(np.searchsorted(edges, item.price))}"
        for item in items
    ]
