"""From scores to a list: filters, the k best, ties by item index."""

import numpy as np
from numpy.typing import NDArray

# How many items share one maximum: fewer cost more comparing, more let too many items through.
SHARED = 32
MAXIMA_PER_K = 4  # fewer than that and the k-th largest maximum says little
NEVER = np.float32(-np.inf)


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
    if k <= 0:
        return np.zeros(0, np.int64)
    masked = scores if allowed is None else np.where(allowed, scores, NEVER)
    if excluded is not None and len(excluded):
        masked = np.array(scores) if masked is scores else masked
        masked[excluded] = NEVER
    found = _candidates(masked, k)
    values = masked[found]
    if len(found) > 2 * k:
        best = _at_least_kth(values, k)
        found, values = found[best], values[best]
    return found[np.argsort(-values, kind="stable")[:k]]


def _candidates(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return items, ascending, that hold the k best of those whose scores are finite.

    The k-th largest of maxima over parts of the items is a score that at least k items reach: one
    comparison with it leaves few, at a fraction of what a partition of all scores costs.
    """
    width = len(scores) // SHARED
    if width >= MAXIMA_PER_K * k:
        maxima = np.fmax.reduce(scores[: width * SHARED].reshape(SHARED, width), axis=0)
        found = np.flatnonzero(scores >= np.partition(maxima, width - k)[width - k])
        if len(found) >= k and np.isfinite(scores[found]).all():
            return found
    return np.flatnonzero(np.isfinite(scores))


def _at_least_kth(values: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return the places of the k best values, in order; of those that tie, the first."""
    threshold = np.partition(values, len(values) - k)[len(values) - k]
    above = np.flatnonzero(values > threshold)
    tied = np.flatnonzero(values == threshold)[: k - len(above)]
    return np.sort(np.concatenate([above, tied]))
