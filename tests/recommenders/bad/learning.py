"""Recommenders that break one contract of learning each."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.base import TrainingData
from tests.recommenders.bad.good import Good


class OfThisMoment(Good):
    """Chance is its own."""

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        super().fit(data, rng=rng)
        self.both_.data += np.random.default_rng().random(self.both_.nnz, dtype=np.float32)
        return self


class OfEverybodysChance(Good):
    """Chance is numpy's, which others draw from too."""

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        np.random.random()
        return super().fit(data, rng=rng)


class WritesOnTheData(Good):
    """Weights are scaled where they are."""

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        data.weight[:] = data.weight * 2
        return super().fit(data, rng=rng)


class NeedsActs(Good):
    """Nothing to learn is an error."""

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        if not len(data.item):
            raise ValueError("no interactions")
        return super().fit(data, rng=rng)


class NeedsTwo(Good):
    """Items are taken in pairs."""

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        if data.n_items == 1:
            raise IndexError("no second item")
        return super().fit(data, rng=rng)


class LearnsOnBlindly(Good):
    """Learning on takes every index for the one it was."""

    def fit_partial(
        self,
        data: TrainingData,
        *,
        previous: Mapping[str, NDArray[Any]],
        units: NDArray[np.int64],
        items: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> Self:
        earlier = self.from_state(previous, self.settings)
        self.history_, self.both_ = earlier.history_, earlier.both_
        return self


class WritesOnThePrevious(Good):
    """Learning on begins by clearing what it was handed."""

    def fit_partial(
        self,
        data: TrainingData,
        *,
        previous: Mapping[str, NDArray[Any]],
        units: NDArray[np.int64],
        items: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> Self:
        previous["both_data"][:] = 0
        return self.fit(data, rng=rng)
