"""A recommender that keeps every contract with little code, for others to break one at a time."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError
from recommenders.histories import dense, nothing, packed, rows_of, unpacked


class Good:
    """Items touched by the units that touched the same ones, by their number."""

    can: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.PERSONAL, Capability.RECENT, Capability.PARTIAL}
    )
    defaults: ClassVar[Settings] = {"power": 1.0}

    def __init__(self, settings: Settings) -> None:
        if settings["power"] == 0:
            raise SettingsError("power must be above 0; it is 0.0", field="settings.power")
        self.settings = settings
        self.history_, self.both_ = nothing(), nothing()

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Count the units that touched both of two items."""
        self.history_ = data.matrix
        both = csr_matrix(data.matrix.T @ data.matrix)
        both.data = both.data ** np.float32(self.settings["power"])
        self.both_ = both
        return self

    def fit_partial(
        self,
        data: TrainingData,
        *,
        previous: Mapping[str, NDArray[Any]],
        units: NDArray[np.int64],
        items: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> Self:
        """Count anew, which for counts is all there is to learning on."""
        return self.fit(data, rng=rng)

    def score(self, queries: Queries) -> Scores:
        """Return summed counts; NaN for items never touched together with the unit's."""
        return dense(csr_matrix(rows_of(self.history_, queries) @ self.both_))

    def state(self) -> State:
        """Return both matrices."""
        return packed("history", self.history_) | packed("both", self.both_)

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.history_, self.both_ = unpacked("history", state), unpacked("both", state)
        return self
