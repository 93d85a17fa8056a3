"""Unit neighbours: what those did who did alike."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.histories import dense, nothing, packed, rows_of, unpacked
from recommenders.neighbours import largest_of_rows
from recommenders.weights import checked_way, weighed


class UserKNN:
    """A unit's score of an item: the cosines to those who touched it, summed by their weights.

    `neighbours`: how many of the nearest count, 0 for all. Neighbours are found when they are
    asked for, so that recent acts count among them.
    """

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSONAL, Capability.RECENT})
    defaults: ClassVar[Settings] = {"neighbours": 200, "weights": "log"}

    def __init__(self, settings: Settings) -> None:
        self.neighbours, self.way = int(settings["neighbours"]), checked_way(settings)
        self.history_ = nothing()
        self._prepare()

    def _prepare(self) -> None:
        self.counted_ = weighed(self.history_, self.way)
        # By item, so that a short history looks only at units that share something with it.
        self.by_item_ = csr_matrix(_of_length_one(self.counted_).T)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Keep what units did; there is nothing else to learn."""
        self.history_ = data.matrix
        self._prepare()
        return self

    def score(self, queries: Queries) -> Scores:
        """Return summed cosines; NaN for items that no neighbour touched."""
        rows = weighed(rows_of(self.history_, queries), self.way)
        similar = csr_matrix(_of_length_one(rows) @ self.by_item_)
        similar = _without_own(similar, queries.units)
        if self.neighbours:
            similar = largest_of_rows(similar, self.neighbours)
        return dense(csr_matrix(similar @ self.counted_))

    def state(self) -> State:
        """Return what units did."""
        return packed("history", self.history_)

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.history_ = unpacked("history", state)
        self._prepare()
        return self


def _of_length_one(rows: csr_matrix) -> csr_matrix:
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    scale = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
    return csr_matrix(diags(scale) @ rows, dtype=np.float32)


def _without_own(similar: csr_matrix, units: NDArray[np.int64]) -> csr_matrix:
    """Return the similarities without that of each unit with what it did before."""
    own = np.repeat(units, np.diff(similar.indptr))
    similar.data[similar.indices == own] = 0
    similar.eliminate_zeros()
    return similar
