"""Popularity, the categories first that a unit is in."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.algorithms.popularity import WHAT_COUNTS, Popularity, what_counts
from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.histories import nothing, packed, rows_of, unpacked


class CategoryPopularity:
    """A unit's categories in the order of its acts in them, each by popularity.

    An item scores the share of the unit's acts that lie in its category, in thousandths rounded
    down, plus its popularity as a share of the most popular's, below 1: so that popularity decides
    only within a category, or between two of the same share. A unit without acts gets popularity.
    """

    can: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.PERSONAL, Capability.COLD_UNITS, Capability.RECENT}
    )
    defaults: ClassVar[Settings] = WHAT_COUNTS

    def __init__(self, settings: Settings) -> None:
        self.whole = Popularity(settings)
        self.settings = settings
        self.shares_ = np.zeros(0, np.float32)
        self.history_, self.category_ = nothing(), nothing()

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Sum each item's decayed weights, and keep what units did, decayed as well."""
        scores = self.whole.fit(data, rng=rng).scores_
        # A little below 1: the most popular of a category must not pass into the next.
        self.shares_ = (scores / max(float(scores.max(initial=0)), 1e-30) * 0.999).astype(
            np.float32
        )
        self.history_ = what_counts(data, self.settings).matrix
        self.category_ = _in_categories(data.category)
        return self

    def score(self, queries: Queries) -> Scores:
        """Return thousandths of acts in an item's category, plus its share of popularity."""
        acts = csr_matrix(rows_of(self.history_, queries) @ self.category_).toarray()
        totals = acts.sum(axis=1, keepdims=True)
        thousandths = np.floor(1000 * acts / np.where(totals > 0, totals, 1))
        scores: Scores = (thousandths @ self.category_.T + self.shares_).astype(np.float32)
        return scores

    def state(self) -> State:
        """Return popularity, the items' categories and what units did."""
        return {
            "shares": self.shares_,
            **packed("category", self.category_),
            **packed("history", self.history_),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.shares_ = np.asarray(state["shares"])
        self.category_, self.history_ = unpacked("category", state), unpacked("history", state)
        return self


def _in_categories(category: NDArray[np.int64]) -> csr_matrix:
    """Return (n_items, n_categories), 1 where an item is; none for an item without."""
    items = np.flatnonzero(category >= 0)
    places = (np.ones(len(items), np.float32), (items, category[items]))
    return csr_matrix(places, shape=(len(category), int(category.max(initial=-1)) + 1))
