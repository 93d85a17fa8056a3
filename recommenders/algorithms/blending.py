"""Scores of several recommenders brought to one scale and added."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from recommenders.base import Scores

Weights = NDArray[np.float32]

GRID = 10  # weights in steps of a tenth
COARSE_GRID = 5  # of a fifth, where there are more parts than three: the points grow as a power
RANK_OFFSET = 60  # Cormack, Clarke, Büttcher (2009): near the best of a wide range


@dataclass(frozen=True, slots=True)
class Parts:
    """What bases say of some units, on one scale.

    `scores`: (n_bases, n_units, n_items), 0 where a base has none; `heard`: (n_bases, n_units),
    whether a base knows the unit; `known`: (n_units, n_items), whether any base has a score.
    """

    scores: NDArray[np.float32]
    heard: NDArray[np.bool_]
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, scores: Sequence[Scores], normalise: Callable[[Scores], Scores]) -> "Parts":
        """Return the bases' scores brought to one scale."""
        scaled = np.stack([normalise(each) for each in scores])
        known = np.isfinite(scaled)
        return cls(
            scores=np.where(known, scaled, 0),
            heard=np.logical_or.reduce(known, axis=2),
            known=np.logical_or.reduce(known, axis=0),
        )


def standardised(scores: Scores) -> Scores:
    """Return scores with mean 0 and deviation 1 in each row; NaN stays."""
    known = np.isfinite(scores)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    filled = np.where(known, scores, 0)
    mean = filled.sum(axis=1, keepdims=True) / count
    centred = np.where(known, scores - mean, 0)
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
    scaled = centred / np.where(deviation > 0, deviation, 1)
    return np.where(known, scaled, np.nan).astype(np.float32)


def reciprocal_ranks(scores: Scores) -> Scores:
    """Return (1 + 60) / (rank + 60) in each row, 1 for the best; equals share the worse rank.

    NaN stays. Source: Cormack, Clarke, Büttcher (2009), Reciprocal rank fusion, SIGIR.
    """
    known = np.isfinite(scores)
    ranks = rankdata(np.where(known, -scores, np.inf), method="max", axis=1)
    return np.where(known, (1 + RANK_OFFSET) / (ranks + RANK_OFFSET), np.nan).astype(np.float32)


NORMALISE: dict[str, Callable[[Scores], Scores]] = {
    "score": standardised,
    "rank": reciprocal_ranks,
}


def blended(parts: Parts, weights: Weights) -> Scores:
    """Return the weighted sum over the bases; NaN where no base has a score.

    `weights`: (n_bases,), or (n_units, n_bases) where they differ. For a unit that no base of any
    weight knows, those that do know it count alike.
    """
    of_units = np.broadcast_to(weights, (parts.known.shape[0], len(parts.scores)))
    total = np.einsum("ub,bui->ui", of_units, parts.scores)
    unheard = ~(parts.heard & (of_units.T > 0)).any(axis=0)
    total[unheard] = parts.scores[:, unheard].mean(axis=0)
    return np.where(parts.known, total, np.nan).astype(np.float32)


def simplex(parts: int) -> Iterator[Weights]:
    """Yield every weight vector in steps of a tenth that sums to one; of a fifth beyond 3 parts."""
    grid = GRID if parts <= 3 else COARSE_GRID
    for steps in product(range(grid + 1), repeat=parts):
        if sum(steps) == grid:
            yield np.array(steps, np.float32) / np.float32(grid)


def flattest_first(parts: int) -> list[Weights]:
    """Return the simplex so that, of weights that do equally well, the least extreme come first."""
    return sorted(simplex(parts), key=lambda weights: float(weights @ weights))


def weights_by_segment(
    gains: NDArray[np.float64],
    candidates: Sequence[Weights],
    segment: NDArray[np.int64],
    *,
    n_segments: int,
    prior_units: float,
) -> Weights:
    """Return the best weights of each segment and, in the last row, of all, (n_segments + 1, n).

    `gains`: (n_candidates, n_units), what each unit gains by each candidate; `segment`: of each
    unit, -1 for none. A segment's own best counts by its units, that of all by `prior_units`, so
    that a segment of few hardly departs from the whole.
    """
    whole = candidates[int(gains.mean(axis=1).argmax())]
    rows = [whole] * (n_segments + 1)
    for index in range(n_segments):
        own = gains[:, segment == index]
        n = own.shape[1]
        if n:
            best = candidates[int(own.mean(axis=1).argmax())]
            rows[index] = (n * best + prior_units * whole) / np.float32(n + prior_units)
    return np.stack(rows).astype(np.float32)
