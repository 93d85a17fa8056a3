"""EASE against its definition."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.algorithms.ease import most_touched
from recommenders.base import Queries, TrainingData
from tests.recommenders.data import fitted, pairs_of, scores_of, training_data

N_ITEMS = 12


def _random_data() -> TrainingData:
    rng = np.random.default_rng(4)
    pairs = np.unique(rng.integers(0, (40, N_ITEMS), (200, 2)), axis=0)
    return training_data(pairs, n_units=40, n_items=N_ITEMS)


def _weights(touched: NDArray[np.float64], regularization: float) -> NDArray[np.float64]:
    inverse = np.linalg.inv(touched.T @ touched + regularization * np.eye(touched.shape[1]))
    weights = np.eye(touched.shape[1]) - inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def test_ease__all_kept__is_the_closed_form() -> None:
    data = _random_data()
    touched = (data.matrix.toarray() > 0).astype(np.float64)

    scores = scores_of(fitted("ease", data, settings={"regularization": 5}), *range(40))

    np.testing.assert_allclose(scores, touched @ _weights(touched, 5), rtol=1e-3, atol=1e-5)


def test_ease__few_kept__keeps_the_largest_of_each_item() -> None:
    data = _random_data()
    touched = (data.matrix.toarray() > 0).astype(np.float64)
    weights = _weights(touched, 5)
    for column in weights.T:
        column[np.argsort(-abs(column))[3:]] = 0

    scores = scores_of(fitted("ease", data, settings={"regularization": 5, "kept": 3}), *range(40))

    np.testing.assert_allclose(scores, touched @ weights, rtol=1e-3, atol=1e-5)


def test_ease__more_items_than_asked__scores_the_most_touched_alone() -> None:
    pairs = pairs_of((0, 0), (1, 0), (0, 2), (1, 2), (0, 3), (2, 1), (2, 3))
    data = training_data(pairs, n_units=3, n_items=4)

    scores = scores_of(fitted("ease", data, settings={"items": 2}), 0, 2)

    assert np.isfinite(scores[0, [0, 2]]).all()
    assert np.isnan(scores[0, [1, 3]]).all()
    assert np.isnan(scores[1, [1]]).all()


def test_ease__unit_that_touched_only_other_items__is_unknown() -> None:
    data = training_data(pairs_of((0, 0), (1, 0), (2, 1)), n_units=3, n_items=2)

    assert np.isnan(scores_of(fitted("ease", data, settings={"items": 1}), 2)).all()


def test_most_touched__equals__takes_the_lower_index() -> None:
    summed = csr_matrix(np.array([[9.0, 1, 1, 0], [0, 1, 1, 0]]))

    assert most_touched(summed, 1).tolist() == [1]
    assert most_touched(summed, 9).tolist() == [0, 1, 2]


@pytest.mark.parametrize("weights", ["one", "log", "plain"])
def test_ease__history_handed_in_as_recent__is_scored_as_one_learned(weights: str) -> None:
    data = _random_data()
    data = replace(data, weight=(1 + data.item % 3).astype(np.float32))
    recommender = fitted("ease", data, settings={"weights": weights, "regularization": 5})
    units = np.arange(5)

    strangers = recommender.score(Queries(np.full(5, -1), recent=csr_matrix(data.matrix[units])))

    np.testing.assert_allclose(strangers, recommender.score(Queries(units)), rtol=1e-5)
