"""Popularity within a unit's segment, held to the whole where the segment has few acts."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.algorithms.popularity import WHAT_COUNTS, check_what_counts, what_counts
from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData

Shares = NDArray[np.float32]


class SegmentPopularity:
    """An item's share of the acts of a segment, mixed with its share of all.

    (acts of the segment on it + `held` · its share of all) / (acts of the segment + `held`): as if
    each segment had begun with `held` acts of the usual kind. Nobody's segment is the whole.
    `segment_by`: the attribute of events that tells segments apart.
    """

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.COLD_UNITS, Capability.SEGMENTS})
    defaults: ClassVar[Settings] = {**WHAT_COUNTS, "held": 100.0, "segment_by": "country"}

    def __init__(self, settings: Settings) -> None:
        check_what_counts(settings)
        self.settings = settings
        self.shares_: Shares = np.zeros((1, 0), np.float32)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Sum decayed weights of each segment and of all; a row for each, that of all the last."""
        counted = what_counts(data, self.settings)
        n_segments = int(data.segment.max(initial=-1)) + 1
        sums = np.zeros((n_segments + 1, data.n_items), np.float64)
        of_acts = data.segment[counted.unit]
        inside = of_acts >= 0
        np.add.at(sums, (of_acts[inside], counted.item[inside]), counted.weight[inside])
        sums[-1] = np.bincount(counted.item, weights=counted.weight, minlength=data.n_items)
        self.shares_ = self._held(sums)
        return self

    def _held(self, sums: NDArray[np.float64]) -> Shares:
        held = float(self.settings["held"])
        totals = sums.sum(axis=1, keepdims=True)
        whole = sums[-1] / max(float(totals[-1, 0]), 1e-30)
        divisor = totals + held
        shares: Shares = ((sums + held * whole) / np.where(divisor > 0, divisor, 1)).astype(
            np.float32
        )
        return shares

    def score(self, queries: Queries) -> Scores:
        """Return the shares of each unit's segment, those of all where it has none."""
        last = len(self.shares_) - 1
        if queries.segments is None:
            return np.broadcast_to(self.shares_[last], (len(queries), self.shares_.shape[1]))
        known = (queries.segments >= 0) & (queries.segments < last)
        scores: Scores = self.shares_[np.where(known, queries.segments, last)]
        return scores

    def state(self) -> State:
        """Return the shares."""
        return {"shares": self.shares_}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.shares_ = np.asarray(state["shares"])
        return self
