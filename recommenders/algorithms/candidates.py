"""The first stage of stacking: which items are looked at twice, and what is known of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.algorithms.blending import Parts, blended, standardised
from recommenders.base import Queries, Scores
from recommenders.features.pairs import Known, pair_columns
from recommenders.histories import rows_of
from recommenders.neighbours import largest_of_rows

# Sums in another order differ in later digits, and a tree would make steps of that.
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of a query's place and an item, by query; `columns`: (n_pairs, n_features).

    `mean`: (n_queries, n_items), the bases' mean standardised score; NaN where none has one.
    """

    row: NDArray[np.int64]
    item: NDArray[np.int64]
    columns: NDArray[np.float32]
    mean: Scores

    def beneath(self) -> Scores:
        """Return the bases' mean squeezed into (0, 1), in its order."""
        return (0.5 + np.arctan(self.mean) / np.pi).astype(np.float32)

    def above_one(self, raw: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the candidates' new scores from 1 upwards, each query's lowest being 1."""
        lowest = np.full(len(self.mean), np.inf)
        np.minimum.at(lowest, self.row, raw)
        return (1 + raw - lowest[self.row]).astype(np.float32)


def candidates_of(
    scores: Sequence[Scores],
    known: Known,
    queries: Queries,
    *,
    at_us: NDArray[np.int64],
    hidden: csr_matrix | None,
    most: int,
) -> Candidates:
    """Return the `most` best new items of each base, and as many that the unit touched before.

    `scores`: of each base, (n_queries, n_items). `hidden`: what may not be a candidate.
    """
    touched = rows_of(known.history, queries)
    picked = _picked(scores, touched, most)
    parts = Parts.of(scores, standardised)
    picked &= parts.known
    if hidden is not None:
        picked[hidden.nonzero()] = False
    row, item = np.nonzero(picked)
    said = [_said(part, base, row, item) for part, base in zip(parts.scores, scores, strict=True)]
    features = pair_columns(known, queries, at_us, row=row, item=item)
    alike = np.full(len(scores), 1 / len(scores), np.float32)
    return Candidates(row, item, np.hstack([*said, features]), blended(parts, alike))


def _picked(scores: Sequence[Scores], touched: csr_matrix, most: int) -> NDArray[np.bool_]:
    """Return which items are candidates, (n_queries, n_items)."""
    picked = np.zeros(scores[0].shape, np.bool_)
    seen = touched.nonzero()
    rows = np.arange(len(picked))[:, None]
    for each in scores:
        new = np.where(np.isfinite(each), each, -np.inf)
        new[seen] = -np.inf
        if new.shape[1] > most:
            best = np.argpartition(-new, most - 1, axis=1)[:, :most]
            picked[rows, best] |= np.isfinite(new[rows, best])
        else:
            picked |= np.isfinite(new)
    picked[largest_of_rows(touched, most).nonzero()] = True
    return picked


def _said(
    standard: Scores, given: Scores, row: NDArray[np.int64], item: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return a base's standardised score and its rank (log) among the candidates; NaN for none."""
    has_one = np.isfinite(given[row, item])
    score = np.where(has_one, standard[row, item].round(DIGITS), np.nan)
    order = np.lexsort((item, -np.where(has_one, score, -np.inf), row))
    sizes = np.bincount(row, minlength=len(given))
    rank = np.empty(len(row))
    rank[order] = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    return np.stack([score, np.where(has_one, np.log(rank), np.nan)], axis=1).astype(np.float32)
