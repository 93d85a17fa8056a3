"""Ranking metrics averaged over units that have something to find; 0 where there are none.

Each unit's value is defined in `accuracy`, what lists are in `lists`.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.evaluation.accuracy import Counts, Values, unit_ndcg, unit_precision, unit_recall
from recommenders.evaluation.lists import (
    Hits,
    Lists,
    hits_of_lists,
    hits_of_scores,
    lists_of_scores,
    relevant_of,
)
from recommenders.evaluation.spread import coverage

__all__ = [
    "Hits",
    "Lists",
    "coverage",
    "hits_of_lists",
    "hits_of_scores",
    "lists_of_scores",
    "ndcg",
    "ndcg_of_scores",
    "precision",
    "recall",
]


def precision(hits: Hits) -> float:
    """Return hits / k, averaged over units; a short list counts its missing places as misses."""
    return _mean(unit_precision(hits))


def recall(hits: Hits, relevant: Counts) -> float:
    """Return hits / relevant items, averaged over units; `relevant`: items each unit wanted."""
    return _mean(unit_recall(hits, relevant))


def ndcg(hits: Hits, relevant: Counts) -> float:
    """Return the normalised discounted gain, binary, log2, ideal over min(k, relevant) places."""
    return _mean(unit_ndcg(hits, relevant))


def ndcg_of_scores(scores: NDArray[np.float32], wanted: csr_matrix, k: int) -> float:
    """Return NDCG@k of score rows against the items each unit wanted."""
    return ndcg(hits_of_scores(scores, wanted, k), relevant_of(wanted))


def _mean(values: Values) -> float:
    return float(values.mean()) if len(values) else 0.0
