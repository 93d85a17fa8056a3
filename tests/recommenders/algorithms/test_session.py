"""Sessions: co-views of one visit, and the newest acts before older ones."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommenders.base import Queries, TrainingData
from tests.recommenders.data import fitted, pairs_of, scores_of, training_data

PLAIN = {"damping": 0.0}


def _visits() -> TrainingData:
    """Return unit 0 with visits {0, 1} and {2, 3}, unit 1 with {0, 1}."""
    pairs = pairs_of((0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1))
    data = training_data(pairs, n_units=2, n_items=4)
    ages = np.array([9, 9, 1, 1, 5, 5], np.float32)
    return replace(data, session=np.array([7, 7, 8, 8, 9, 9]), age_days=ages)


def test_session__items_of_one_visit__are_neighbours_and_those_of_one_unit_are_not() -> None:
    recent = csr_matrix(np.array([[1, 0, 0, 0]], np.float32))

    scores = fitted("session", _visits(), settings=PLAIN).score(
        Queries(np.array([-1]), recent=recent)
    )

    assert scores[0, 1] == pytest.approx(1)
    assert np.isnan(scores[0, [0, 2, 3]]).all()


def test_session__newer_act__counts_more() -> None:
    scores = scores_of(fitted("session", _visits(), settings=PLAIN), 0)[0]

    assert scores[2] == pytest.approx(2**8 * scores[0], rel=1e-3)


def test_session__viewed__shows_again_what_the_unit_saw_itself() -> None:
    recent = csr_matrix(np.array([[3, 0, 0, 0]], np.float32))

    recommender = fitted("session", _visits(), settings=PLAIN | {"viewed": 2})

    scores = recommender.score(Queries(np.array([-1]), recent=recent))
    assert scores[0, :2].tolist() == pytest.approx([6, 3])


def test_session__data_without_sessions__takes_a_units_acts_as_one() -> None:
    data = training_data(pairs_of((0, 0), (0, 1), (1, 2)), n_units=2, n_items=3)

    scores = scores_of(fitted("session", data, settings=PLAIN), 0)[0]

    assert scores[:2].tolist() == pytest.approx([1, 1])
    assert np.isnan(scores[2])


def test_session__acts_of_years_ago__still_say_something() -> None:
    data = replace(_visits(), age_days=np.full(6, 2_000, np.float32))

    assert np.isfinite(scores_of(fitted("session", data, settings=PLAIN), 0)).all()


def test_session__damped__holds_back_a_pair_of_one_visit() -> None:
    """Items 2 and 3 shared every visit they were in, as 0 and 1 did, but half as many."""
    recent = csr_matrix(np.array([[1, 0, 1, 0]], np.float32))

    recommender = fitted("session", _visits(), settings={"damping": 10})

    scores = recommender.score(Queries(np.array([-1]), recent=recent))
    assert scores[0, [1, 3]].tolist() == pytest.approx([2 / 12, 1 / 11])
