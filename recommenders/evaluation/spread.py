"""How lists spread over the catalogue: figures of all lists together, not of each unit."""

import numpy as np
from numpy.typing import NDArray

from recommenders.evaluation.lists import Lists


def coverage(lists: Lists, catalogue: NDArray[np.int64]) -> float:
    """Return the share of the catalogue that at least one list shows.

    `catalogue`: the item indexes that could have been shown, usually those seen in training.
    """
    shown = np.intersect1d(lists, catalogue)
    return len(shown) / len(catalogue) if len(catalogue) else 0.0


def gini(lists: Lists, n_items: int) -> float:
    """Return how unevenly places in lists fall to the items: 0 alike, towards 1 all to one.

    sum over items, by rising count, of (2 rank - n_items - 1) count / (n_items sum of counts),
    items that no list shows included. NaN when no list shows anything.
    Source: the Gini index as RecBole and LensKit have it.
    """
    shown = lists[lists >= 0]
    if not len(shown):
        return float("nan")
    counts = np.sort(np.bincount(shown, minlength=n_items))
    ranks = np.arange(1, n_items + 1)
    return float(((2 * ranks - n_items - 1) * counts).sum() / (n_items * counts.sum()))
