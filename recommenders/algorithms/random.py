"""A fixed random order: the floor under every comparison."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData


class Random:
    """Scores drawn once, the same for everybody."""

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.COLD_UNITS, Capability.COLD_ITEMS})
    defaults: ClassVar[Settings] = {}

    def __init__(self, settings: Settings) -> None:
        self.scores_ = np.zeros(0, np.float32)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Draw one score for each item."""
        self.scores_ = rng.random(data.n_items, dtype=np.float32)
        return self

    def score(self, queries: Queries) -> Scores:
        """Return the same scores for every unit."""
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
