"""Unit neighbours against a plain computation."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import Queries, TrainingData
from tests.recommenders.data import fitted, scores_of, training_data


def _random_data() -> TrainingData:
    rng = np.random.default_rng(4)
    pairs = np.unique(rng.integers(0, (30, 17), (120, 2)), axis=0)
    return training_data(pairs, n_units=30, n_items=17)


def _cosines(data: TrainingData) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    touched = (data.matrix.toarray() > 0).astype(np.float64)
    norms = np.linalg.norm(touched, axis=1)
    cosine = touched @ touched.T / np.outer(norms, norms)
    np.fill_diagonal(cosine, 0)
    return touched, cosine


@pytest.mark.parametrize("n", [0, 2])
def test_user_knn__neighbours__are_summed_by_their_cosine(n: int) -> None:
    data = _random_data()
    touched, cosine = _cosines(data)
    for row in cosine if n else ():
        row[np.argsort(-row, kind="stable")[n:]] = 0
    expected = cosine @ touched

    scores = scores_of(
        fitted("user_knn", data, settings={"neighbours": n, "weights": "one"}), *range(30)
    )

    # Which of two equal neighbours counts is a matter of rounding: units without such.
    edge = np.sort(np.where(cosine > 0, cosine, 9), axis=1)
    clear = np.ones(30, np.bool_) if n == 0 else edge[:, 0] > 0
    finite = np.where(expected > 0, expected, np.nan)
    np.testing.assert_allclose(scores[clear], finite[clear], rtol=1e-4)


def test_user_knn__own_acts__do_not_make_a_unit_its_own_neighbour() -> None:
    data = training_data(np.array([[0, 0], [0, 1], [1, 0]]), n_units=2, n_items=3)

    scores = scores_of(fitted("user_knn", data), 0)

    assert scores[0, 0] > 0
    assert np.isnan(scores[0, 1:]).all()


def test_user_knn__recent_acts_of_a_stranger__find_those_who_did_alike() -> None:
    data = training_data(np.array([[0, 0], [0, 1], [1, 2], [1, 3]]), n_units=2, n_items=4)
    recent = csr_matrix(np.array([[0, 0, 1, 0]], np.float32))

    scores = fitted("user_knn", data).score(Queries(np.array([-1]), recent=recent))

    assert np.isnan(scores[0, :2]).all()
    assert (scores[0, 2:] > 0).all()
