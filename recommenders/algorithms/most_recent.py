"""The newest items first: what a shop shows when it knows nothing."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData


class MostRecent:
    """One list for everybody, by the days since an item was added; ties by index."""

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.COLD_UNITS, Capability.COLD_ITEMS})
    defaults: ClassVar[Settings] = {}

    def __init__(self, settings: Settings) -> None:
        self.scores_ = np.zeros(0, np.float32)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Keep the items' ages; one of unknown age counts as the oldest."""
        ages = np.asarray(data.item_age_days, np.float32)
        known = ages[np.isfinite(ages)]
        self.scores_ = -np.where(np.isfinite(ages), ages, known.max(initial=0)).astype(np.float32)
        return self

    def score(self, queries: Queries) -> Scores:
        """Return the days since each item was added, negative, the same for every unit."""
        return np.broadcast_to(self.scores_, (len(queries), len(self.scores_)))

    def state(self) -> State:
        """Return the scores."""
        return {"scores": self.scores_}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.scores_ = np.asarray(state["scores"])
        return self
