"""What rises: a recommender as a package of its own has it, for docs/recommenders.md."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError


class Rising:
    """One list for everybody: items whose latest days outdo the days before."""

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.COLD_UNITS})
    defaults: ClassVar[Settings] = {"days": 7.0}

    def __init__(self, settings: Settings) -> None:
        if not settings["days"] > 0:
            raise SettingsError(
                f"days must be above 0; it is {settings['days']}", field="settings.days"
            )
        self.days = float(settings["days"])
        self.scores_ = np.zeros(0, np.float32)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Compare the acts of the latest `days` with those of as many days before."""
        late = data.age_days <= self.days
        before = ~late & (data.age_days <= 2 * self.days)
        now, then = (
            np.bincount(data.item[which], weights=data.weight[which], minlength=data.n_items)
            for which in (late, before)
        )
        # One act more on both sides, so that a first sale is no infinite rise.
        self.scores_ = np.log((now + 1) / (then + 1)).astype(np.float32)
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
        self.scores_ = np.asarray(state["scores"])
        return self
