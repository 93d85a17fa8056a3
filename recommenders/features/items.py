"""What items are at a moment: how popular, how old, how dear."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.base import State, TrainingData
from recommenders.features.catalogue import price_tiers
from recommenders.features.moments import DAY_US

HALF_LIFE_DAYS = 14.0
NAMES = ("popularity", "age_days", "price_tier", "price")


def decayed_popularity(
    data: TrainingData, *, half_life_days: float = HALF_LIFE_DAYS
) -> NDArray[np.float32]:
    """Return each item's summed weights, an interaction one half-life old counting half."""
    decayed = data.weight * 0.5 ** (data.age_days / half_life_days)
    return np.bincount(data.item, weights=decayed, minlength=data.n_items).astype(np.float32)


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the features of items are computed of, each of shape (n_items,).

    `popular`: decayed popularity; `added_day`: days since 1970; `category`, `tier`: indexes, -1
    for none; `price`: minor units, -1 where unknown, as artifacts hold finite numbers only.
    """

    popular: NDArray[np.float32]
    added_day: NDArray[np.float64]
    category: NDArray[np.int64]
    tier: NDArray[np.int64]
    price: NDArray[np.float32]

    @classmethod
    def of(cls, data: TrainingData) -> Self:
        """Return what the data tells of its items."""
        return cls(
            popular=decayed_popularity(data),
            added_day=data.until_us / DAY_US - data.item_age_days.astype(np.float64),
            category=data.category,
            tier=price_tiers(data.price),
            price=np.where(np.isfinite(data.price), data.price, -1).astype(np.float32),
        )

    def state(self) -> State:
        """Return the arrays by name."""
        return {f"item_{name}": getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]]) -> Self:
        """Return the facts whose state this is."""
        return cls(**{name: np.asarray(state[f"item_{name}"]) for name in cls.__slots__})


def item_columns(
    facts: ItemFacts, items: NDArray[np.int64], at_day: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return popularity (log), age in days, price tier and price (log) of items at moments.

    `items`, `at_day`: of one length n, days since 1970; shape (n, 4), NaN where unknown.
    """
    tier, price = facts.tier[items], facts.price[items]
    columns = (
        np.log1p(facts.popular[items]),
        np.maximum(at_day - facts.added_day[items], 0),
        np.where(tier >= 0, tier, np.nan),
        np.where(price >= 0, np.log1p(np.maximum(price, 0)), np.nan),
    )
    return np.stack(columns, axis=1).astype(np.float32)
