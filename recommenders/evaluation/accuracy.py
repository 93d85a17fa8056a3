"""How well lists meet what units wanted: one value per unit, definitions stated with each.

`hits`: (n_units, k), which listed items were wanted; a list that ends early misses where it has
no item. `relevant`: how many items each unit wanted, at least one. Means over units are in
`metrics`, worked examples in docs/metrics.md.
"""

import numpy as np
from numpy.typing import NDArray

from recommenders.evaluation.lists import Hits

Values = NDArray[np.float64]  # (n_units,)
Counts = NDArray[np.int64]  # (n_units,)


def unit_precision(hits: Hits) -> Values:
    """Return hits / k."""
    return np.asarray(hits.sum(axis=1) / max(hits.shape[1], 1), np.float64)


def unit_recall(hits: Hits, relevant: Counts) -> Values:
    """Return hits / relevant items."""
    return np.asarray(hits.sum(axis=1) / np.maximum(relevant, 1), np.float64)


def unit_hit_rate(hits: Hits) -> Values:
    """Return 1 where any listed item was wanted, else 0."""
    return np.asarray(hits.any(axis=1), np.float64)


def unit_reciprocal_rank(hits: Hits) -> Values:
    """Return 1 / rank of the first hit, 0 without one in the list."""
    if not hits.shape[1]:
        return np.zeros(len(hits))
    found: Values = np.where(hits.any(axis=1), 1 / (hits.argmax(axis=1) + 1), 0.0)
    return found


def unit_ndcg(hits: Hits, relevant: Counts) -> Values:
    """Return the discounted gain, binary, log2(rank + 1), over that of min(k, relevant) hits."""
    discounts = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    best = np.concatenate([[0], np.cumsum(discounts)])[np.minimum(relevant, hits.shape[1])]
    return np.divide(hits @ discounts, best, out=np.zeros(len(hits)), where=best > 0)


def unit_map_relevant(hits: Hits, relevant: Counts) -> Values:
    """Return average precision over all relevant items; below 1 for who wanted more than k.

    The sum over hits of the precision at their rank, / relevant (Microsoft `map`, RecTools, Gorse).
    """
    return np.asarray(_summed_precision(hits) / np.maximum(relevant, 1), np.float64)


def unit_map_min(hits: Hits, relevant: Counts) -> Values:
    """Return average precision over what a list can hold: a perfect list has 1.

    The sum over hits of the precision at their rank, / min(k, relevant) (implicit, Microsoft
    `map_at_k`).
    """
    reachable = np.maximum(np.minimum(relevant, hits.shape[1]), 1)
    return np.asarray(_summed_precision(hits) / reachable, np.float64)


def _summed_precision(hits: Hits) -> Values:
    ranks = np.arange(1, hits.shape[1] + 1)
    return np.asarray((np.cumsum(hits, axis=1) / ranks * hits).sum(axis=1), np.float64)
