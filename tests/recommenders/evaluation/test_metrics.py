"""Ranking metrics against values worked out by hand."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommenders.evaluation.metrics import (
    coverage,
    hits_of_lists,
    hits_of_scores,
    lists_of_scores,
    ndcg,
    ndcg_of_scores,
    precision,
    recall,
)

# Two units, four items, k = 3. Unit 0 wants items 0 and 3, unit 1 wants item 2 alone.
WANTED = csr_matrix(np.array([[1, 0, 0, 1], [0, 0, 1, 0]], np.float32))
RELEVANT = np.array([2, 1])
SCORES = np.array([[9, 8, 7, 1], [4, 3, 2, 1]], np.float32)


def test_hits__two_units__mark_wanted_places() -> None:
    hits = hits_of_scores(SCORES, WANTED, 3)

    assert hits.tolist() == [[True, False, False], [False, False, True]]


def test_precision__two_units__is_hits_over_k_averaged() -> None:
    assert precision(hits_of_scores(SCORES, WANTED, 3)) == pytest.approx((1 / 3 + 1 / 3) / 2)


def test_recall__two_units__is_hits_over_wanted_averaged() -> None:
    assert recall(hits_of_scores(SCORES, WANTED, 3), RELEVANT) == pytest.approx((1 / 2 + 1) / 2)


def test_ndcg__two_units__has_its_ideal_over_reachable_places() -> None:
    first = 1 / (1 + 1 / math.log2(3))
    second = (1 / math.log2(4)) / 1

    assert ndcg(hits_of_scores(SCORES, WANTED, 3), RELEVANT) == pytest.approx((first + second) / 2)


def test_ndcg__perfect_order__is_one() -> None:
    assert ndcg_of_scores(WANTED.toarray(), WANTED, 3) == pytest.approx(1)


def test_ndcg__more_wanted_than_places__is_one_when_every_place_hits() -> None:
    wanted = csr_matrix(np.ones((1, 4), np.float32))

    assert ndcg_of_scores(SCORES[:1], wanted, 2) == pytest.approx(1)


def test_lists__row_without_scores__is_empty_and_misses() -> None:
    scores = np.array([[np.nan] * 4, [4, np.nan, 2, np.nan]], np.float32)

    lists = lists_of_scores(scores, 3)

    assert lists.tolist() == [[-1, -1, -1], [0, 2, -1]]
    assert hits_of_lists(lists, WANTED).tolist() == [[False] * 3, [False, True, False]]


def test_coverage__short_lists__counts_distinct_items_of_the_catalogue() -> None:
    lists = np.array([[0, 1, -1], [0, 7, -1]])

    assert coverage(lists, np.arange(4)) == pytest.approx(2 / 4)
    assert coverage(lists, np.arange(0)) == 0


def test_metrics__nobody_to_judge__are_zero() -> None:
    hits, nobody = np.zeros((0, 3), np.bool_), np.zeros(0, np.int64)

    assert (precision(hits), recall(hits, nobody), ndcg(hits, nobody)) == (0, 0, 0)
