"""Popularity against sums worked out by hand."""

import numpy as np
import pytest

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
