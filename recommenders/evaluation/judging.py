"""One fitted recommender, asked about every unit of a fold: its lists and what they are worth."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from recommenders.base import Recommender, Scores
from recommenders.errors import EvaluationError
from recommenders.evaluation import accuracy, beyond
from recommenders.evaluation.accuracy import Values
from recommenders.evaluation.folds import Fold
from recommenders.evaluation.lists import Lists, hits_of_lists, lists_of_scores, relevant_of

BLOCK_CELLS = 4_000_000  # units x items scored at one time, so that memory stays bounded

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Judged:
    """`lists`: (n, k). `values`: each metric's, (n,), by its key; `score_s`: time of scoring."""

    lists: Lists
    values: dict[str, Values]
    score_s: float


def judge(
    recommender: Recommender,
    fold: Fold,
    facts: beyond.ItemFacts,
    *,
    k: int,
    advance: Advance = lambda _count: None,
) -> Judged:
    """Return what a recommender lists for each question and how good that is.

    `advance`: called with how many more questions were answered.
    """
    lists = np.full((len(fold), k), -1, np.int64)
    spent = 0.0
    for rows in _blocks(fold):
        began = time.perf_counter()
        scores = recommender.score(fold.queries(rows))
        spent += time.perf_counter() - began
        lists[rows] = lists_of_scores(_listable(scores, fold, rows), k)
        advance(rows.stop - rows.start)
    return Judged(lists, values_of(lists, fold, facts), spent)


def _blocks(fold: Fold) -> Iterator[slice]:
    size = max(BLOCK_CELLS // max(fold.data.n_items, 1), 1)
    for start in range(0, len(fold), size):
        yield slice(start, min(start + size, len(fold)))


def _listable(scores: Scores, fold: Fold, rows: slice) -> Scores:
    """Return a copy of the scores, NaN where an item may not be listed."""
    asked = (rows.stop - rows.start, fold.data.n_items)
    if scores.shape != asked:
        raise EvaluationError(f"it gave {scores.shape} scores where {asked} were asked for")
    allowed = np.array(scores, np.float32)
    if fold.hides_seen:
        allowed[fold.seen[rows].nonzero()] = np.nan
    return allowed


def values_of(lists: Lists, fold: Fold, facts: beyond.ItemFacts) -> dict[str, Values]:
    """Return the value of every metric that units have one of, by the keys of `definitions`."""
    hits, relevant = hits_of_lists(lists, fold.wanted), relevant_of(fold.wanted)
    return {
        "precision": accuracy.unit_precision(hits),
        "recall": accuracy.unit_recall(hits, relevant),
        "ndcg": accuracy.unit_ndcg(hits, relevant),
        "map_relevant": accuracy.unit_map_relevant(hits, relevant),
        "map_min": accuracy.unit_map_min(hits, relevant),
        "mrr": accuracy.unit_reciprocal_rank(hits),
        "hit_rate": accuracy.unit_hit_rate(hits),
        "novelty": beyond.unit_novelty(lists, facts),
        "diversity": beyond.unit_diversity(lists, facts),
        "serendipity": beyond.unit_serendipity(lists, hits, facts),
        "popularity": beyond.unit_popularity(lists, facts),
        "answered": np.asarray((lists >= 0).any(axis=1), np.float64),
    }
