"""A recommender that waits or computes for a while when a test says so."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData


class Sleepy:
    """Scores items by their index, after a sleep and some work; `turns`: sleeps of no length."""

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSONAL, Capability.COLD_UNITS})
    defaults: ClassVar[Settings] = {}
    sleeps_s: ClassVar[float] = 0.0
    burns_s: ClassVar[float] = 0.0
    turns: ClassVar[int] = 0

    def __init__(self, settings: Settings) -> None:
        self.scores_ = np.zeros(0, np.float32)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Take the items in their order."""
        self.scores_ = np.arange(data.n_items, dtype=np.float32)
        return self

    def score(self, queries: Queries) -> Scores:
        """Return the same scores for every unit, in a while."""
        time.sleep(self.sleeps_s)
        for _turn in range(self.turns):  # lets other threads go on
            time.sleep(0)
        until = time.thread_time() + self.burns_s
        while time.thread_time() < until:
            pass
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
