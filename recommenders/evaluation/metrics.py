"""Ranking metrics over units that have something to find; definitions stated with each."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.ranking import top_k


def hits_of_scores(scores: NDArray[np.float32], wanted: csr_matrix, k: int) -> NDArray[np.bool_]:
    """Return which of each unit's k best items it wanted, shape (n_units, k)."""
    hits = np.zeros((wanted.shape[0], k), np.bool_)
    for row in range(wanted.shape[0]):
        relevant = wanted.indices[wanted.indptr[row] : wanted.indptr[row + 1]]
        best = top_k(scores[row], k)
        hits[row, : len(best)] = np.isin(best, relevant)
    return hits


def precision(hits: NDArray[np.bool_]) -> float:
    """Return hits / k, averaged over units."""
    return float(hits.mean()) if hits.size else 0.0


def recall(hits: NDArray[np.bool_], relevant: NDArray[np.int64]) -> float:
    """Return hits / relevant items, averaged over units; `relevant`: items each unit wanted."""
    return float((hits.sum(axis=1) / np.maximum(relevant, 1)).mean()) if hits.size else 0.0


def ndcg(hits: NDArray[np.bool_], relevant: NDArray[np.int64]) -> float:
    """Return the normalised discounted gain, binary, log2, ideal over min(k, relevant) places."""
    if not hits.size:
        return 0.0
    discounts = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = np.concatenate([[0], np.cumsum(discounts)])[np.minimum(relevant, hits.shape[1])]
    return float((hits @ discounts / np.maximum(ideal, discounts[0])).mean())


def ndcg_of_scores(scores: NDArray[np.float32], wanted: csr_matrix, k: int) -> float:
    """Return NDCG@k of score rows against the items each unit wanted."""
    relevant = np.diff(wanted.indptr).astype(np.int64)
    return ndcg(hits_of_scores(scores, wanted, k), relevant)
