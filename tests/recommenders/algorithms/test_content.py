"""Content: by terms alone, for items that nobody touched as well."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommenders.base import TrainingData
from tests.recommenders.data import fitted, pairs_of, scores_of, training_data

RED_TEA, RED_CUP, BLUE_CUP, UNTOLD = range(4)
# Terms: red, blue, tea, cup.
TERMS = np.array([[0.6, 0, 0.8, 0], [0.6, 0, 0, 0.8], [0, 0.6, 0, 0.8], [0, 0, 0, 0]], np.float32)


def _told(*pairs: tuple[int, int]) -> TrainingData:
    data = training_data(pairs_of(*pairs), n_units=2, n_items=4)
    return replace(data, content=csr_matrix(TERMS))


def test_content__one_item_touched__others_score_their_cosine() -> None:
    scores = scores_of(fitted("content", _told((0, RED_TEA))), 0)[0]

    assert scores[RED_TEA] == pytest.approx(1)
    assert scores[RED_CUP] == pytest.approx(0.36)
    assert np.isnan(scores[[BLUE_CUP, UNTOLD]]).all()


def test_content__several_touched__is_the_mean_by_weight() -> None:
    data = replace(_told((0, RED_TEA), (0, BLUE_CUP)), weight=np.array([3, 1], np.float32))

    scores = scores_of(fitted("content", data, settings={"weights": "plain"}), 0)[0]

    assert scores[RED_CUP] == pytest.approx((3 * 0.36 + 0.64) / 4)


def test_content__item_without_terms_touched__says_nothing_of_the_unit() -> None:
    assert np.isnan(scores_of(fitted("content", _told((0, UNTOLD))), 0)).all()
