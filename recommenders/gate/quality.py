"""Is a recommender better than popularity? Learned from the past, judged by what came after."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import Queries, Recommender, Settings, TrainingData
from recommenders.evaluation.accuracy import unit_ndcg
from recommenders.evaluation.comparison import Comparison, compare
from recommenders.evaluation.lists import hits_of_scores, relevant_of
from recommenders.evaluation.splits import hot_units, split_by_time
from recommenders.registry import make

METRIC = "ndcg@10"
LIST = 10
LATER = 0.2  # the share of interactions that judges
UNITS = 1_000  # at most so many are judged: the interval is narrow enough by then
BATCH = 50
FEWEST = 20  # fewer give an interval that says nothing
BASELINE = "popularity"


@dataclass(frozen=True, slots=True)
class Judgement:
    """NDCG@10 of a candidate and of popularity on the same units, and the difference.

    `missing`: why nothing could be judged, "" when it was; then the other fields are empty.
    """

    missing: str = ""
    candidate: float | None = None
    baseline: float | None = None
    gain: Comparison | None = None

    def document(self) -> dict[str, Any]:
        """Return the judgement as JSON holds it."""
        if self.gain is None:
            return {"metric": METRIC, "missing": self.missing}
        return {
            "metric": METRIC,
            "value": self.candidate,
            "popularity": self.baseline,
            "difference": self.gain.difference,
            "low": self.gain.low,
            "high": self.gain.high,
            "n_units": self.gain.n_units,
        }


def judge(algorithm: str, settings: Settings, data: TrainingData, *, seed: int) -> Judgement:
    """Return how a recommender fitted on the earlier interactions ranks the later ones.

    Judged on units that have both a past and, later, something new to them; what they had seen is
    not in the lists. Nothing is judged on fewer than 20 such units.
    """
    split = split_by_time(data, share=LATER)
    if split is None:
        return Judgement("the interactions cannot be split into earlier and later ones")
    early, late = split
    wanted = _new_to_them(early, late)
    units = _judged(early, late, wanted, np.random.default_rng(seed))
    if len(units) < FEWEST:
        return Judgement(f"{len(units)} units with a past and something new; {FEWEST} are needed")
    values = [
        _values(
            make(name, chosen).fit(early, rng=np.random.default_rng(seed)), early, wanted, units
        )
        for name, chosen in ((algorithm, settings), (BASELINE, {}))
    ]
    gain = compare(values[0], values[1])
    return Judgement("", float(values[0].mean()), float(values[1].mean()), gain)


def _new_to_them(early: TrainingData, late: TrainingData) -> csr_matrix:
    """Return which items each unit met only later, (n_units, n_items)."""
    seen = early.matrix.astype(bool)
    after = late.matrix.astype(bool)
    new: csr_matrix = (after > seen).tocsr()
    new.eliminate_zeros()
    return new


def _judged(
    early: TrainingData, late: TrainingData, wanted: csr_matrix, rng: np.random.Generator
) -> NDArray[np.int64]:
    hot = hot_units(early, late)
    hot = hot[np.diff(wanted.indptr)[hot] > 0]
    if len(hot) <= UNITS:
        return hot
    return np.sort(rng.choice(hot, size=UNITS, replace=False))


def _values(
    recommender: Recommender, early: TrainingData, wanted: csr_matrix, units: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return each unit's NDCG@10."""
    parts = [units[start : start + BATCH] for start in range(0, len(units), BATCH)]
    return np.concatenate([_of_part(recommender, early, wanted, part) for part in parts])


def _of_part(
    recommender: Recommender, early: TrainingData, wanted: csr_matrix, units: NDArray[np.int64]
) -> NDArray[np.float64]:
    scores = np.array(recommender.score(Queries(units)), np.float32)
    seen = early.matrix[units]
    scores[np.repeat(np.arange(len(units)), np.diff(seen.indptr)), seen.indices] = np.nan
    theirs = wanted[units]
    return unit_ndcg(hits_of_scores(scores, theirs, LIST), relevant_of(theirs))
