"""Popularity against sums worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommenders.base import Kind, Queries, TrainingData
from tests.recommenders.data import fitted, pairs_of, scores_of, training_data


def test_popularity__one_half_life_ago__counts_half() -> None:
    ages = np.array([0, 7, 14], np.float32)
    pairs = pairs_of((0, 0), (0, 1), (0, 2))
    data = training_data(pairs, n_units=1, n_items=4, weight=2, age_days=ages)

    scores = scores_of(fitted("popularity", data, settings={"half_life_days": 7}), 0)

    assert scores[0].tolist() == [2, 1, 0.5, 0]


def test_popularity__many_interactions__add_up() -> None:
    data = training_data(pairs_of((0, 0), (1, 0), (1, 0), (0, 1)), n_units=2, n_items=2)

    scores = scores_of(fitted("popularity", data), 0)

    assert scores[0].tolist() == pytest.approx([3, 1])


def test_popularity__window__leaves_out_what_is_older() -> None:
    ages = np.array([1, 3, 3.5], np.float32)
    data = training_data(pairs_of((0, 0), (0, 1), (0, 2)), n_units=1, n_items=3, age_days=ages)

    chosen = {"window_days": 3, "half_life_days": 1e8}
    scores = scores_of(fitted("popularity", data, settings=chosen), 0)[0]

    assert scores.tolist() == pytest.approx([1, 1, 0])


def test_popularity__kinds__count_alone() -> None:
    data = training_data(pairs_of((0, 0), (0, 1), (0, 2)), n_units=1, n_items=3)
    data = replace(data, kind=np.array([Kind.VIEW, Kind.CART, Kind.PURCHASE], np.int8))

    scores = scores_of(fitted("popularity", data, settings={"kinds": "cart, Purchase"}), 0)[0]

    assert scores.tolist() == [0, 1, 1]


def _segments() -> TrainingData:
    """Return segment 0 with 3 acts on item 0, segment 1 with 1 act on item 1."""
    data = training_data(pairs_of((0, 0), (0, 0), (1, 0), (2, 1)), n_units=3, n_items=2)
    return replace(data, segment=np.array([0, 0, 1]))


def test_segment_popularity__segment_of_few_acts__is_held_to_the_whole() -> None:
    recommender = fitted("segment_popularity", _segments(), settings={"held": 4})

    queries = Queries(np.array([-1, -1, -1]), segments=np.array([0, 1, -1]))

    expected = [[(3 + 3) / 7, 1 / 7], [3 / 5, (1 + 1) / 5], [3 / 4, 1 / 4]]
    np.testing.assert_allclose(recommender.score(queries), expected, rtol=1e-6)


def test_segment_popularity__nothing_held__is_the_segments_own() -> None:
    recommender = fitted("segment_popularity", _segments(), settings={"held": 0})

    scores = recommender.score(Queries(np.array([-1, -1]), segments=np.array([0, 1])))

    assert scores.tolist() == [[1, 0], [0, 1]]


def _categories() -> TrainingData:
    """Return items 0, 1 of category 0 and 2, 3 of category 1; item 2 is the most popular."""
    pairs = pairs_of((0, 0), (0, 1), (0, 1), (1, 2), (1, 2), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3))
    data = training_data(pairs, n_units=3, n_items=4)
    return replace(data, category=np.array([0, 0, 1, 1]))


def test_category_popularity__units_category__comes_first_by_popularity() -> None:
    recommender = fitted("category_popularity", _categories())

    orders = np.argsort(-scores_of(recommender, 0, 1, -1), axis=1, kind="stable")

    assert orders.tolist() == [[1, 0, 2, 3], [2, 3, 1, 0], [2, 1, 3, 0]]


def test_category_popularity__recent_acts_elsewhere__bring_that_category_forward() -> None:
    recent = csr_matrix(np.array([[0, 0, 0, 50]], np.float32))

    scores = fitted("category_popularity", _categories()).score(
        Queries(np.array([0]), recent=recent)
    )

    assert np.argsort(-scores[0]).tolist() == [2, 3, 1, 0]


def test_category_popularity__items_without_category__are_ranked_by_popularity() -> None:
    data = replace(_categories(), category=np.full(4, -1))

    scores = scores_of(fitted("category_popularity", data), 0)[0]

    assert np.argsort(-scores, kind="stable").tolist() == [2, 1, 3, 0]


def test_most_recent__newest_item__comes_first_and_untold_age_last() -> None:
    data = training_data(pairs_of((0, 1)), n_units=1, n_items=3)
    data = replace(data, item_age_days=np.array([5, np.nan, 1], np.float32))

    scores = scores_of(fitted("most_recent", data), -1)[0]

    assert scores.tolist() == [-5, -5, -1]
