"""Ranking metrics over units that have something to find; definitions stated with each."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.ranking import top_k

Lists = NDArray[np.int64]  # (n_units, k) item indexes, best first, -1 where a list ends early
Hits = NDArray[np.bool_]  # (n_units, k)


def lists_of_scores(scores: NDArray[np.float32], k: int) -> Lists:
    """Return each row's k best items, best first; -1 fills a list that has fewer."""
    lists = np.full((len(scores), k), -1, np.int64)
    for row, values in enumerate(scores):
        best = top_k(values, k)
        lists[row, : len(best)] = best
    return lists


def hits_of_lists(lists: Lists, wanted: csr_matrix) -> Hits:
    """Return which listed items each unit wanted; `wanted`: (n_units, n_items), any non-zero."""
    hits = np.zeros(lists.shape, np.bool_)
    for row in range(wanted.shape[0]):
        relevant = wanted.indices[wanted.indptr[row] : wanted.indptr[row + 1]]
        hits[row] = np.isin(lists[row], relevant)
    return hits


def hits_of_scores(scores: NDArray[np.float32], wanted: csr_matrix, k: int) -> Hits:
    """Return which of each unit's k best items it wanted, shape (n_units, k)."""
    return hits_of_lists(lists_of_scores(scores, k), wanted)


def precision(hits: Hits) -> float:
    """Return hits / k, averaged over units; a short list counts its missing places as misses."""
    return float(hits.mean()) if hits.size else 0.0


def recall(hits: Hits, relevant: NDArray[np.int64]) -> float:
    """Return hits / relevant items, averaged over units; `relevant`: items each unit wanted."""
    return float((hits.sum(axis=1) / np.maximum(relevant, 1)).mean()) if hits.size else 0.0


def ndcg(hits: Hits, relevant: NDArray[np.int64]) -> float:
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


def coverage(lists: Lists, catalogue: NDArray[np.int64]) -> float:
    """Return the share of the catalogue that at least one list shows.

    `catalogue`: the item indexes that could have been shown, usually those seen in training.
    """
    shown = np.intersect1d(lists, catalogue)
    return len(shown) / len(catalogue) if len(catalogue) else 0.0
