"""What sells now: the sum of interactions, halved with age."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError


class Popularity:
    """One list for everybody, by exponentially decayed interactions."""

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.COLD_UNITS})
    defaults: ClassVar[Settings] = {"half_life_days": 14.0}

    def __init__(self, settings: Settings) -> None:
        self.half_life_days = float(settings["half_life_days"])
        if not self.half_life_days > 0:
            raise SettingsError(
                f"half_life_days must be above 0; it is {self.half_life_days}",
                field="settings.half_life_days",
            )
        self.scores_ = np.zeros(0, np.float32)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Sum each item's weights, an interaction one half-life old counting half."""
        decayed = data.weight * 0.5 ** (data.age_days / self.half_life_days)
        sums = np.bincount(data.item, weights=decayed, minlength=data.n_items)
        self.scores_ = sums.astype(np.float32)
        return self

    def score(self, queries: Queries) -> Scores:
        """Return the same scores for every unit, known or not."""
        return np.broadcast_to(self.scores_, (len(queries), len(self.scores_)))

    def state(self) -> State:
        """Return the scores."""
        return {"scores": self.scores_}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.scores_ = state["scores"]
        return self
