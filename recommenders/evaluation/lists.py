"""From scores to lists, for many units at once, and which of the listed was wanted."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.ranking import top_k

Lists = NDArray[np.int64]  # (n_units, k) item indexes, best first, -1 where a list ends early
Hits = NDArray[np.bool_]  # (n_units, k)


def lists_of_scores(scores: NDArray[np.float32], k: int) -> Lists:
    """Return each row's k best items, best first; -1 fills a list that has fewer.

    Row by row: one partition of all rows costs more than `top_k`, which looks at few of the items.
    """
    lists = np.full((len(scores), k), -1, np.int64)
    for row, own in enumerate(scores):
        best = top_k(own, k)
        lists[row, : len(best)] = best
    return lists


def hits_of_lists(lists: Lists, wanted: csr_matrix) -> Hits:
    """Return which listed items each unit wanted; `wanted`: (n_units, n_items), any entry."""
    n_units, n_items = wanted.shape
    rows = np.repeat(np.arange(n_units, dtype=np.int64), np.diff(wanted.indptr))
    asked = np.arange(n_units, dtype=np.int64)[:, None] * n_items + lists
    found: Hits = np.isin(asked, rows * n_items + wanted.indices) & (lists >= 0)
    return found


def hits_of_scores(scores: NDArray[np.float32], wanted: csr_matrix, k: int) -> Hits:
    """Return which of each unit's k best items it wanted, shape (n_units, k)."""
    return hits_of_lists(lists_of_scores(scores, k), wanted)


def relevant_of(wanted: csr_matrix) -> NDArray[np.int64]:
    """Return how many items each unit wanted."""
    return np.diff(wanted.indptr).astype(np.int64)
