"""A weighted blend of other recommenders, its weights learned on what came later."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.algorithms.bases import Bases, blocks
from recommenders.algorithms.blending import (
    NORMALISE,
    Parts,
    Weights,
    blended,
    flattest_first,
    weights_by_segment,
)
from recommenders.algorithms.lessons import Lesson, lessons, sampled
from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError
from recommenders.evaluation.accuracy import unit_ndcg
from recommenders.evaluation.lists import hits_of_scores, relevant_of
from recommenders.evaluation.splits import hot_units
from recommenders.telling import part

MIN_INTERACTIONS = 50  # fewer cannot tell one weight from another
VALIDATION_UNITS = 1_000
VALIDATION_CELLS = 20_000_000  # units x items judged at most, so that training stays in minutes
PRIOR_UNITS = 100.0  # units by which the weights of all count in those of a segment


class Hybrid:
    """The bases' scores or ranks on one scale, added with learned weights.

    A base that knows nothing of a unit is left out for it; where that leaves no base of any
    weight, those that do know the unit count alike. Bases that cannot run here are left out.
    """

    can: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.PERSONAL, Capability.COLD_UNITS, Capability.RECENT}
    )
    defaults: ClassVar[Settings] = {
        "bases": "popularity,ease,item_knn",
        "base_settings": {},
        "normalise": "score",
        "held_out": 0.2,
        "k": 10,
        "segment_by": "",
    }

    def __init__(self, settings: Settings) -> None:
        _check(settings)
        self.settings = settings
        self.bases_ = Bases.chosen(str(settings["bases"]), settings["base_settings"])
        self.weights_: Weights = np.zeros((1, 0), np.float32)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Learn the weights on the latest share of interactions, then fit the bases on all."""
        share = float(self.settings["held_out"])
        weights = None
        if len(data.item) >= MIN_INTERACTIONS:
            for lesson in lessons(data, share=share, n=1, rng=rng):
                with part(0, 2):
                    weights = self._learned_weights(lesson, rng)
        with part(1, 2):
            self.bases_ = self.bases_.fit(data, rng)
        n = len(self.bases_.names)
        self.weights_ = np.full((1, n), 1 / n, np.float32) if weights is None else weights
        return self

    def _learned_weights(self, lesson: Lesson, rng: np.random.Generator) -> Weights | None:
        """Return the weights with the best NDCG of known units on what they did later.

        None where no weight finds anything.
        """
        bases = self.bases_.fit(lesson.early, rng)
        most = min(VALIDATION_UNITS, VALIDATION_CELLS // max(lesson.late.n_items, 1))
        units = sampled(hot_units(lesson.early, lesson.late), most, rng)
        segment = lesson.early.segment
        candidates = flattest_first(len(bases.names))
        gains = np.zeros((len(candidates), len(units)))
        queries = Queries(units, segments=segment[units])
        for place, block in blocks(queries, lesson.late.n_items):
            parts = Parts.of(bases.scores(block), self._normalise)
            wanted, hidden = lesson.late.matrix[block.units], lesson.hidden(block.units).nonzero()
            for row, weights in enumerate(candidates):
                scores = blended(parts, weights)
                scores[hidden] = np.nan
                gains[row, place] = self._gains(scores, wanted)
        if not gains.any():
            return None
        return weights_by_segment(
            gains,
            candidates,
            segment[units],
            n_segments=int(segment.max(initial=-1)) + 1,
            prior_units=PRIOR_UNITS,
        )

    def _gains(self, scores: Scores, wanted: csr_matrix) -> NDArray[np.float64]:
        hits = hits_of_scores(scores, wanted, int(self.settings["k"]))
        return unit_ndcg(hits, relevant_of(wanted))

    def _normalise(self, scores: Scores) -> Scores:
        return NORMALISE[str(self.settings["normalise"])](scores)

    def score(self, queries: Queries) -> Scores:
        """Return the blend by the weights of each unit's segment; NaN where no base has a score."""
        if not len(queries):
            return self.bases_.fitted[0].score(queries)
        n_items = self.bases_.fitted[0].score(Queries(queries.units[:1])).shape[1]
        return np.concatenate(
            [
                blended(Parts.of(self.bases_.scores(block), self._normalise), self._weights(block))
                for _place, block in blocks(queries, n_items)
            ]
        )

    def _weights(self, queries: Queries) -> Weights:
        """Return one row for each query; those of all for a unit of no segment that was learned."""
        if queries.segments is None:
            return self.weights_[-1]
        known = queries.segments < len(self.weights_) - 1
        rows: Weights = self.weights_[np.where(known, queries.segments, -1)]
        return rows

    def state(self) -> State:
        """Return the weights, and every base's arrays under its own name."""
        return {"weights": self.weights_} | self.bases_.state()

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted blend of the bases whose arrays are there."""
        self = cls(settings)
        self.bases_ = self.bases_.restored(state)
        self.weights_ = np.atleast_2d(np.asarray(state["weights"]))
        if self.weights_.shape[1] != len(self.bases_.names):
            raise ValueError(f"{self.weights_.shape} weights for the bases {self.bases_.names}")
        return self


def _check(settings: Settings) -> None:
    if settings["normalise"] not in NORMALISE:
        raise SettingsError(
            f"normalise must be {' or '.join(NORMALISE)}; it is {settings['normalise']!r}",
            field="settings.normalise",
        )
    if settings["held_out"] >= 1 or settings["k"] < 1:
        raise SettingsError(
            f"held_out must be below 1 and k at least 1; "
            f"they are {settings['held_out']} and {settings['k']}",
            field="settings.held_out" if settings["held_out"] >= 1 else "settings.k",
        )
