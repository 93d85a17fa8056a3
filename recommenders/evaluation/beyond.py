"""What lists are beside right: novel, varied, surprising, popular; one value per unit.

A list without any item has none of these: NaN, left out of means.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import TrainingData
from recommenders.evaluation.accuracy import Values
from recommenders.evaluation.lists import Hits, Lists


@dataclass(frozen=True)
class ItemFacts:
    """What training knew of each item, for judging lists of them.

    `touched`: units that did anything with it, of `n_units` that did anything at all.
    `popularity_rank`: 1 for the most interactions, ties alike and the next one after them;
    0 without any. `vectors`: (n_items, n) rows of length 1, or 0 where nothing is known, of its
    content, else of its category; None where neither is known of any item.
    """

    touched: NDArray[np.int64]
    n_units: int
    popularity_rank: NDArray[np.int64]
    vectors: csr_matrix | None


def item_facts(data: TrainingData) -> ItemFacts:
    """Return what lists of these items are judged by."""
    touched = np.bincount(data.matrix.indices, minlength=data.n_items)
    counts = np.bincount(data.item, minlength=data.n_items)
    levels = np.unique(counts[counts > 0])
    return ItemFacts(
        touched=touched,
        n_units=len(np.unique(data.unit)),
        popularity_rank=np.where(counts > 0, len(levels) - np.searchsorted(levels, counts), 0),
        vectors=_vectors(data),
    )


def _vectors(data: TrainingData) -> csr_matrix | None:
    if data.content.nnz:
        return csr_matrix(data.content, dtype=np.float64)
    known = np.flatnonzero(data.category >= 0)
    if not len(known):
        return None
    shape = (data.n_items, int(data.category.max()) + 1)
    return csr_matrix((np.ones(len(known)), (known, data.category[known])), shape=shape)


def unit_novelty(lists: Lists, facts: ItemFacts) -> Values:
    """Return the mean over listed items of -log2(units that touched it / units), in bits.

    An item that nobody touched counts as touched once. Source: RecTools `MeanInvUserFreq`.
    """
    share = np.maximum(facts.touched, 1) / max(facts.n_units, 1)
    return _mean_over_items(lists, -np.log2(share))


def unit_popularity(lists: Lists, facts: ItemFacts) -> Values:
    """Return the mean over listed items of the share of units that touched it: popularity bias.

    Average recommendation popularity (RecTools `AvgRecPopularity`), per unit of training.
    """
    return _mean_over_items(lists, facts.touched / max(facts.n_units, 1))


def _mean_over_items(lists: Lists, of_item: Values) -> Values:
    is_shown = lists >= 0
    total = np.where(is_shown, of_item[lists], 0).sum(axis=1)
    return _divided(total, is_shown.sum(axis=1))


def _divided(total: Values, count: NDArray[np.int64]) -> Values:
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def unit_diversity(lists: Lists, facts: ItemFacts) -> Values:
    """Return the mean distance of two listed items, 1 - cosine of their vectors, over all pairs.

    Of categories the distance is 0 within one and 1 between two; an item of which nothing is known
    is 1 away from every other. NaN for fewer than two items, or where nothing is known of any.
    Source: Ziegler et al. (2005), Improving recommendation lists through topic diversification;
    RecTools `IntraListDiversity`.
    """
    if facts.vectors is None:
        return np.full(len(lists), np.nan)
    rows, places = np.nonzero(lists >= 0)
    shape = (len(lists), facts.vectors.shape[0])
    shown = csr_matrix((np.ones(len(rows)), (rows, lists[rows, places])), shape=shape)
    count = np.asarray(shown.sum(axis=1)).ravel().astype(np.int64)
    # The squared length of a sum of vectors is that of each and twice the product of each pair.
    whole = _squared_lengths(csr_matrix(shown @ facts.vectors))
    each = shown @ _squared_lengths(facts.vectors)
    return 1 - _divided(whole - each, count * (count - 1))


def _squared_lengths(rows: csr_matrix) -> Values:
    return np.asarray(rows.multiply(rows).sum(axis=1), np.float64).ravel()


def unit_serendipity(lists: Lists, hits: Hits, facts: ItemFacts) -> Values:
    """Return how far up wanted items stand above where popularity has them, / k.

    sum over hits of max(p(rank) - p(popularity rank), 0) / k, where p(rank) is
    (n_items + 1 - rank) / n_items, and 0 for an item that nobody touched.
    Source: RecTools `Serendipity`, whose n_items is the catalogue; here all items of the data.
    """
    n_items = len(facts.touched)
    ranks = facts.popularity_rank[lists]
    by_popularity = np.where(ranks > 0, (n_items + 1 - ranks) / n_items, 0)
    by_place = (n_items + 1 - np.arange(1, lists.shape[1] + 1)) / n_items
    gains = np.where(hits, np.maximum(by_place - by_popularity, 0), 0).sum(axis=1)
    return np.where((lists >= 0).any(axis=1), gains / max(lists.shape[1], 1), np.nan)
