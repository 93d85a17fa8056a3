"""Content: items whose text, category, tags and price are like those a unit touched."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.histories import dense, nothing, packed, rows_of, unpacked
from recommenders.weights import checked_way, weighed


class Content:
    """The mean likeness of an item's terms to those of what a unit touched (Pazzani, Billsus 2007).

    An item nobody touched scores as any other; one without terms has no score.
    """

    can: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.PERSONAL, Capability.COLD_ITEMS, Capability.RECENT}
    )
    defaults: ClassVar[Settings] = {"weights": "log"}

    def __init__(self, settings: Settings) -> None:
        self.way = checked_way(settings)
        self.history_, self.terms_, self.by_term_ = nothing(), nothing(), nothing()

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Keep the items' terms and what units did; there is nothing else to learn."""
        self.history_ = data.matrix
        self.terms_ = csr_matrix(data.content, dtype=np.float32)
        self.by_term_ = csr_matrix(self.terms_.T)
        return self

    def score(self, queries: Queries) -> Scores:
        """Return cosines averaged over what was touched, by weight; NaN where no term is shared."""
        rows = weighed(rows_of(self.history_, queries), self.way)
        sums = np.asarray(rows.sum(axis=1)).ravel()
        scores = dense(csr_matrix(rows @ self.terms_ @ self.by_term_))
        shares: Scores = scores / np.where(sums > 0, sums, 1).astype(np.float32)[:, None]
        return shares

    def state(self) -> State:
        """Return the items' terms, by item and by term, and what units did."""
        return {
            **packed("terms", self.terms_),
            **packed("by_term", self.by_term_),
            **packed("history", self.history_),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.terms_, self.by_term_ = unpacked("terms", state), unpacked("by_term", state)
        self.history_ = unpacked("history", state)
        return self
