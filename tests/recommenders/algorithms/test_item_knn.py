"""Item neighbours against a plain computation."""

import numpy as np

from recommenders.algorithms import item_knn
from recommenders.algorithms.item_knn import ItemKNN
from recommenders.base import TrainingData
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

    scores = scores_of(fitted("item_knn", data), *range(30))

    has_history = touched.any(axis=1)
    np.testing.assert_allclose(scores[has_history], (touched @ cosine)[has_history], rtol=1e-4)


def test_item_knn__few_neighbours__keeps_the_nearest() -> None:
    pairs = pairs_of((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 2), (3, 2), (4, 0))
    data = training_data(pairs, n_units=5, n_items=3)

    scores = scores_of(fitted("item_knn", data, settings={"neighbours": 1}), 4)

    assert scores[0, 1] > 0
    assert scores[0, 2] == 0


def test_item_knn__in_blocks__is_as_in_one() -> None:
    data = _random_data()
    whole = fitted("item_knn", data)
    before, item_knn.BLOCK = item_knn.BLOCK, 4

    try:
        pieces = fitted("item_knn", data)
    finally:
        item_knn.BLOCK = before

    assert isinstance(whole, ItemKNN)
    np.testing.assert_array_equal(scores_of(pieces, *range(30)), scores_of(whole, *range(30)))
