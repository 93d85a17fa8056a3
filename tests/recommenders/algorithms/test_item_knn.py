"""Item neighbours against a plain computation."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import Queries, TrainingData
from tests.recommenders.data import fitted, pairs_of, scores_of, training_data


def _random_data() -> TrainingData:
    rng = np.random.default_rng(4)
    pairs = np.unique(rng.integers(0, (30, 17), (200, 2)), axis=0)
    return training_data(pairs, n_units=30, n_items=17)


def test_item_knn__all_neighbours__scores_are_summed_cosines() -> None:
    data = _random_data()
    touched = np.log1p(data.matrix.toarray().astype(np.float64))
    norms = np.linalg.norm(touched, axis=0)
    cosine = touched.T @ touched / np.outer(norms, norms)
    np.fill_diagonal(cosine, 0)

    scores = scores_of(fitted("item_knn", data, settings={"damping": 0}), *range(30))

    has_history = touched.any(axis=1)
    np.testing.assert_allclose(scores[has_history], (touched @ cosine)[has_history], rtol=1e-4)


def test_item_knn__few_neighbours__keeps_the_nearest() -> None:
    pairs = pairs_of((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 2), (3, 2), (4, 0))
    data = training_data(pairs, n_units=5, n_items=3)

    scores = scores_of(fitted("item_knn", data, settings={"neighbours": 1}), 4)

    assert scores[0, 1] > 0
    assert np.isnan(scores[0, 2])


def test_item_knn__damped__divides_by_longer_columns() -> None:
    pairs = pairs_of((0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 0), (4, 2))
    data = training_data(pairs, n_units=5, n_items=4)

    scores = scores_of(fitted("item_knn", data, settings={"damping": 2, "weights": "one"}), 3, 4)

    assert scores[0, 1] == pytest.approx(2 / np.sqrt(5 * 4))
    assert scores[1, 3] == pytest.approx(1 / np.sqrt(4 * 3))


def _touched(data: TrainingData) -> NDArray[np.float64]:
    return data.matrix.toarray().astype(np.float64)


def _summed(touched: NDArray[np.float64], similar: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the measure says by its definition, NaN where there is nothing positive."""
    similar = np.where(similar > 0, similar, 0)
    np.fill_diagonal(similar, 0)
    sums = np.log1p(touched) @ similar
    return np.where(sums > 0, sums, np.nan)


def test_item_knn__jaccard__is_units_of_both_over_units_of_either() -> None:
    data = _random_data()
    touched = _touched(data)
    ones = (touched > 0).astype(np.float64)
    both = ones.T @ ones
    either = ones.sum(axis=0)[:, None] + ones.sum(axis=0) - both

    scores = scores_of(fitted("item_knn", data, settings={"measure": "jaccard"}), *range(30))

    np.testing.assert_allclose(scores, _summed(touched, both / either), rtol=1e-4)


def test_item_knn__adjusted__is_cosine_of_what_differs_from_a_units_mean() -> None:
    data = _weighted_data()
    touched = np.log1p(_touched(data))
    ones = touched > 0
    means = touched.sum(axis=1) / np.maximum(ones.sum(axis=1), 1)
    centred = np.where(ones, touched - means[:, None], 0)
    norms = np.linalg.norm(centred, axis=0)
    cosine = centred.T @ centred / np.outer(norms, norms)

    scores = scores_of(
        fitted("item_knn", data, settings={"measure": "adjusted", "damping": 0}), *range(30)
    )

    np.testing.assert_allclose(scores, _summed(_touched(data), cosine), rtol=1e-3, atol=1e-5)


def test_item_knn__bm25__is_the_product_of_weights_by_the_formula() -> None:
    data = _weighted_data()
    touched = np.log1p(_touched(data))
    length = touched.sum(axis=0)
    held_back = 1.2 * (1 - 0.75 + 0.75 * length / length.mean())
    rarity = np.log(17) - np.log1p((touched > 0).sum(axis=1))
    weights = rarity.clip(0)[:, None] * touched * 2.2 / (held_back + touched)

    scores = scores_of(fitted("item_knn", data, settings={"measure": "bm25"}), *range(30))

    np.testing.assert_allclose(scores, _summed(_touched(data), weights.T @ weights), rtol=1e-3)


def _weighted_data() -> TrainingData:
    """Return acts of three strengths."""
    data = _random_data()
    return replace(data, weight=(1 + (data.unit + data.item) % 3 * 2).astype(np.float32))


@pytest.mark.parametrize("measure", ["cosine", "jaccard", "bm25"])
def test_item_knn__history_handed_in_as_recent__is_scored_as_one_learned(measure: str) -> None:
    data = _weighted_data()
    recommender = fitted("item_knn", data, settings={"measure": measure})
    units = np.array([3, 4, 5])

    strangers = recommender.score(Queries(np.full(3, -1), recent=csr_matrix(data.matrix[units])))

    np.testing.assert_allclose(strangers, recommender.score(Queries(units)), rtol=1e-5)
