"""Recommenders that break one contract of what is known each."""

from dataclasses import replace
from typing import Self

import numpy as np

from recommenders.base import Capability, Queries, Scores, TrainingData
from tests.recommenders.bad.good import Good


class KnowsEverybody(Good):
    """An unknown unit gets what the first unit gets."""

    def score(self, queries: Queries) -> Scores:
        units = np.where(queries.units < self.history_.shape[0], queries.units, -1)
        return super().score(replace(queries, units=np.maximum(units, 0)))


class PromisesColdUnits(Good):
    """It says that it answers for new units, and does not."""

    can = Good.can | {Capability.COLD_UNITS}


class GuessesTheSilent(Good):
    """A unit that did nothing scores nought, not NaN."""

    def score(self, queries: Queries) -> Scores:
        scores = super().score(queries)
        known = (queries.units >= 0) & (queries.units < self.history_.shape[0])
        scores[known] = np.nan_to_num(scores[known])
        return scores


class SilencedByOne(Good):
    """An item that nobody touched makes every sum NaN."""

    touched: bool = True

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        super().fit(data, rng=rng)
        self.touched = bool(np.isin(np.arange(data.n_items), data.item).all())
        return self

    def score(self, queries: Queries) -> Scores:
        scores = super().score(queries)
        return scores if self.touched else np.full_like(scores, np.nan)


class PromisesColdItems(Good):
    """It says that it scores new items, and does not."""

    can = Good.can | {Capability.COLD_ITEMS}


class DeafToRecent(Good):
    """It says that recent acts count, and forgets them."""

    def score(self, queries: Queries) -> Scores:
        return super().score(replace(queries, recent=None))


class SaysNothingOfRecent(Good):
    """Recent acts count, and it does not say so."""

    can = frozenset({Capability.PERSONAL})


class ContraryToRecent(Good):
    """What a stranger touches is what it is shown least of."""

    def score(self, queries: Queries) -> Scores:
        scores = super().score(queries)
        strangers = queries.units < 0
        if queries.recent is not None and queries.recent.nnz:
            scores[strangers] = -np.nan_to_num(scores[strangers])
        return scores


class PromisesSegments(Good):
    """It says that segments differ, and none does."""

    can = Good.can | {Capability.SEGMENTS, Capability.COLD_UNITS}

    def score(self, queries: Queries) -> Scores:
        return np.nan_to_num(super().score(queries))


class SaysNothingOfSegments(Good):
    """Segments differ, and it does not say so."""

    def score(self, queries: Queries) -> Scores:
        scores = super().score(queries)
        if queries.segments is not None:
            scores[:] = queries.segments[:, None]
        return scores


class PromisesContext(Good):
    """It says that the time counts, and it does not."""

    can = Good.can | {Capability.CONTEXT}


class SaysNothingOfContext(Good):
    """The time counts, and it does not say so."""

    def score(self, queries: Queries) -> Scores:
        return super().score(queries) * np.float32(1 + queries.at_us % 7)
