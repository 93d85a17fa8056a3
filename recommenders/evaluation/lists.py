"""From scores to lists, for many units at once, and which of the listed was wanted."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Lists = NDArray[np.int64]  # (n_units, k) item indexes, best first, -1 where a list ends early
Hits = NDArray[np.bool_]  # (n_units, k)

# An item's place among its equals takes the lower half of a key, its score the upper.
INDEX_BITS = 32
NEVER = np.iinfo(np.int64).min


def lists_of_scores(scores: NDArray[np.float32], k: int) -> Lists:
    """Return each row's k best items, best first; -1 fills a list that has fewer.

    Exactly what `ranking.top_k` gives row by row: what is not finite never ranks, ties go to the
    lower index.
    """
    keys = _keys(scores)
    taken = min(k, scores.shape[1])
    lists = np.full((len(scores), k), -1, np.int64)
    if taken < 1:
        return lists
    best = np.argpartition(keys, -taken, axis=1)[:, -taken:]
    found = np.take_along_axis(keys, best, axis=1)
    order = np.argsort(-found, axis=1)
    items = np.take_along_axis(best, order, axis=1)
    is_scored = np.take_along_axis(found, order, axis=1) > NEVER + 1
    lists[:, :taken] = np.where(is_scored, items, -1)
    return lists


def _keys(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return whole numbers that order as the scores do, a lower index above its equals.

    The bits of a float order as whole numbers do, those of negative ones backwards.
    """
    plain = np.ascontiguousarray(scores, np.float32) + np.float32(0)  # -0 becomes 0, its equal
    bits = plain.view(np.int32)
    ordered = np.where(bits < 0, bits ^ 0x7FFFFFFF, bits).astype(np.int64)
    places = np.arange(scores.shape[1] - 1, -1, -1)
    # Above the smallest number, which has no negative to sort by.
    return np.where(np.isfinite(scores), (ordered << INDEX_BITS) + places, NEVER + 1)


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
