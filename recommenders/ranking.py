"""From scores to a list: filters, the k best, ties by item index."""

import numpy as np
from numpy.typing import NDArray


def top_k(
    scores: NDArray[np.float32],
    k: int,
    *,
    allowed: NDArray[np.bool_] | None = None,
    excluded: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Return the indexes of the k best items, best first; fewer when fewer may be shown.

    `scores`: (n_items,), NaN never ranks. `allowed`: mask of items that may be shown. Ties go to
    the lower index, so that the same scores give the same list everywhere.

    >>> top_k(np.array([1.0, 3.0, 3.0, np.nan], np.float32), 2).tolist()
    [1, 2]
    """
    usable = np.isfinite(scores) if allowed is None else np.isfinite(scores) & allowed
    if excluded is not None and len(excluded):
        usable[excluded] = False
    candidates = np.flatnonzero(usable)
    if len(candidates) > k > 0:
        candidates = _at_least_kth(scores, candidates, k)
    order = np.argsort(-scores[candidates], kind="stable")
    return candidates[order][: max(k, 0)]


def _at_least_kth(
    scores: NDArray[np.float32], candidates: NDArray[np.int64], k: int
) -> NDArray[np.int64]:
    """Return the candidates that score no less than the k-th best, in index order."""
    values = scores[candidates]
    threshold = np.partition(values, len(values) - k)[len(values) - k]
    return candidates[values >= threshold]
