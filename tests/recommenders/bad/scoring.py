"""Recommenders that break one contract of scores each."""

import threading

import numpy as np

from recommenders.base import Queries, Scores
from recommenders.histories import rows_of
from tests.recommenders.bad.good import Good


class Transposed(Good):
    """Rows and columns change places."""

    def score(self, queries: Queries) -> Scores:
        return super().score(queries).T


class InDouble(Good):
    """Scores are of another type."""

    def score(self, queries: Queries) -> Scores:
        return super().score(queries).astype(np.float64)


class Endless(Good):
    """Nothing is said by minus infinity."""

    def score(self, queries: Queries) -> Scores:
        scores = super().score(queries)
        scores[np.isnan(scores)] = -np.inf
        return scores


class Upside(Good):
    """The worst comes first."""

    def score(self, queries: Queries) -> Scores:
        return -np.nan_to_num(super().score(queries))


class OfTheBatch(Good):
    """Scores are scaled by the best of the batch."""

    def score(self, queries: Queries) -> Scores:
        scores = super().score(queries)
        best = np.nanmax(scores, initial=0) * max(len(queries), 1)
        return scores / (best or 1)


class FiltersItself(Good):
    """What a unit has seen is taken out, whatever the shop wants."""

    def score(self, queries: Queries) -> Scores:
        scores = super().score(queries)
        scores[rows_of(self.history_, queries).nonzero()] = np.nan
        return scores


class ShowsAFew(Good):
    """Only the best three are scored."""

    def score(self, queries: Queries) -> Scores:
        scores = super().score(queries)
        worse = np.argsort(-scores, axis=1)[:, 3:]
        np.put_along_axis(scores, worse, np.nan, axis=1)
        return scores


class HandsOutItsOwn(Good):
    """What is handed out is what is kept."""

    kept: Scores | None = None

    def score(self, queries: Queries) -> Scores:
        if self.kept is None or len(self.kept) != len(queries):
            self.kept = super().score(queries)
        return self.kept


class OneDeskForAll(Good):
    """Every thread works on the same piece of memory."""

    def score(self, queries: Queries) -> Scores:
        self.asked = queries
        threading.Event().wait(0.001)
        return super().score(self.asked)
