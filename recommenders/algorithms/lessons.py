"""What hybrids learn from: bases see what came first, and are judged by what came later."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import TrainingData
from recommenders.features.moments import DAY_US
from recommenders.histories import nothing

FEW_REPEATS = 0.02  # below, a list that shows what was seen wastes its places


@dataclass(frozen=True)
class Lesson:
    """The data as it stood at a moment, and what came next; ages of both count from that moment."""

    early: TrainingData
    late: TrainingData

    @cached_property
    def repeats(self) -> float:
        """Return the share of what units did later that they had done before."""
        later = self.late.matrix
        return self.early.matrix.multiply(later > 0).nnz / max(later.nnz, 1)

    def hidden(self, units: NDArray[np.int64]) -> csr_matrix:
        """Return what is no candidate for some units: what they saw, where nothing is repeated.

        Where units do come back to items, as shoppers do to soap, these stay in the lists.
        """
        seen = self.early.matrix[units]
        return seen if self.repeats < FEW_REPEATS else nothing(*seen.shape)


def lessons(
    data: TrainingData, *, share: float, n: int, rng: np.random.Generator
) -> Iterator[Lesson]:
    """Yield the latest `share` of the data in n stretches, each with all that came before it.

    Where all interactions bear one time, of which none is later than another, n parts of `share`
    each are drawn at random, as many as there are. What would be empty is left out.
    """
    age = data.age_days.astype(np.float64)
    if not len(age) or age.min() == age.max():
        yield from _at_random(data, share, n, rng)
        return
    for end, begin in pairwise(np.quantile(age, np.linspace(0, share, n + 1))):
        late = (age < begin) & (age >= end)
        early = age >= begin
        if late.any() and early.any():
            yield Lesson(_as_of(data, early, begin), data.where(late))


def _as_of(data: TrainingData, early: NDArray[np.bool_], days_ago: float) -> TrainingData:
    """Return the data as it was some days before its end."""
    kept = data.where(early)
    return replace(
        kept,
        age_days=np.maximum(kept.age_days - np.float32(days_ago), 0),
        item_age_days=np.maximum(kept.item_age_days - np.float32(days_ago), 0),
        until_us=max(data.until_us - round(days_ago * DAY_US), 0),
    )


def _at_random(
    data: TrainingData, share: float, n: int, rng: np.random.Generator
) -> Iterator[Lesson]:
    drawn = rng.random(len(data.item))
    for part in range(min(n, max(int(1 / share), 1)) if share > 0 else 0):
        late = (drawn >= part * share) & (drawn < (part + 1) * share)
        if late.any() and not late.all():
            yield Lesson(data.where(~late), data.where(late))


def first_moments(data: TrainingData, units: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return when each of the units first did something, microseconds since 1970."""
    oldest = np.zeros(data.n_units)
    np.maximum.at(oldest, data.unit, data.age_days)
    return data.until_us - np.rint(oldest[units] * DAY_US).astype(np.int64)


def sampled(units: NDArray[np.int64], most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return at most so many of the units, ascending."""
    most = max(most, 1)
    return np.sort(rng.choice(units, most, replace=False)) if len(units) > most else units
