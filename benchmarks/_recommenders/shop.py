"""Interactions of a made-up shop: popular items, units with one of twenty tastes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, identity

from recommenders.base import TrainingData

TASTES = 20
OWN_TASTE = 0.7  # of the interactions; the others are with anything
STEEPNESS = 3  # of popularity: with it the first tenth of the items has half of the interactions


@dataclass(frozen=True)
class Size:
    """How large a shop is; `draws`: interactions before those that repeat are taken out."""

    n_items: int
    n_units: int = 50_000
    draws: int = 2_000_000
    factors: int = 64


@dataclass(frozen=True)
class Shop:
    """What was done there, by index, and the ids behind the indexes."""

    size: Size
    data: TrainingData
    item_ids: list[str]
    unit_ids: list[str]


def a_shop(size: Size, seed: int) -> Shop:
    """Return a shop whose interactions are all different pairs of weight 1."""
    pairs = _pairs(size, np.random.default_rng(seed))
    return Shop(
        size,
        TrainingData(
            n_units=size.n_units,
            n_items=size.n_items,
            unit=pairs // size.n_items,
            item=pairs % size.n_items,
            weight=np.ones(len(pairs), np.float32),
            age_days=np.zeros(len(pairs), np.float32),
            features=csr_matrix(identity(size.n_items, dtype=np.float32)),
        ),
        [f"sku-{index:07d}" for index in range(size.n_items)],
        [f"v-{index:07d}" for index in range(size.n_units)],
    )


def _pairs(size: Size, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return unit x n_items + item of each pair, ascending."""
    taste = rng.integers(0, TASTES, size.n_units)
    kind = np.sort(rng.integers(0, TASTES, size.n_items))
    by_taste = rng.permutation(size.n_items)  # the items of one taste lie together in it
    begins = np.searchsorted(kind, np.arange(TASTES + 1))
    unit = rng.integers(0, size.n_units, size.draws)
    place = rng.random(size.draws) ** STEEPNESS
    own = rng.random(size.draws) < OWN_TASTE
    start, stop = begins[taste[unit]], begins[taste[unit] + 1]
    of_taste = by_taste[start + (place * (stop - start)).astype(np.int64)]
    item = np.where(own, of_taste, (place * size.n_items).astype(np.int64))
    return np.unique(unit * size.n_items + item)
