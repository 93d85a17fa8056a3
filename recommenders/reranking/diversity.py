"""Maximal marginal relevance: good items that differ from those already on the list."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Similarity = NDArray[np.float32]


def mmr(
    scores: NDArray[np.float32], similar: Similarity, *, strength: float, most: int
) -> NDArray[np.int64]:
    """Return `most` places, each the best of those left by (1 - strength) * s - strength * m.

    `scores`: of the candidates, scaled here to s in [0, 1]; `similar`: (n, n) in [0, 1], of which
    m is the largest with an item already chosen. Ties go to the lower place.
    Source: Carbonell and Goldstein (1998), The Use of MMR, SIGIR.
    """
    if not len(scores):
        return np.zeros(0, np.int64)
    span = float(np.ptp(scores)) or 1.0
    relevance = (1 - strength) * (scores - scores.min()) / span
    nearest = np.zeros(len(scores), np.float32)
    left = np.ones(len(scores), np.bool_)
    chosen: list[int] = []
    for _turn in range(min(most, len(scores))):
        gain = np.where(left, relevance - strength * nearest, -np.inf)
        best = int(gain.argmax())
        chosen.append(best)
        left[best] = False
        np.maximum(nearest, similar[best], out=nearest)
    return np.array(chosen, np.int64)


def alike_by_group(groups: NDArray[np.int64]) -> Similarity:
    """Return 1 for items of one group, else 0, shape (n, n); -1 is no group, like nothing else."""
    same = (groups[:, None] == groups[None, :]) & (groups[:, None] >= 0)
    return same.astype(np.float32)


def alike_by_content(rows: csr_matrix) -> Similarity:
    """Return the cosines of rows of length 1 or 0, within [0, 1], shape (n, n)."""
    return np.clip((rows @ rows.T).toarray(), 0.0, 1.0).astype(np.float32)
