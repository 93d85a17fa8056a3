"""Splits by time."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommenders.base import TrainingData
from recommenders.evaluation.splits import hot_units, split_by_time
from tests.recommenders.data import pairs_of, training_data


def _aged(*ages: float) -> TrainingData:
    pairs = pairs_of(*((index % 3, index % 2) for index in range(len(ages))))
    days: NDArray[np.float32] = np.array(ages, np.float32)
    return training_data(pairs, n_units=3, n_items=2, age_days=days)


def test_split__distinct_moments__keeps_the_later_share_apart() -> None:
    data = _aged(*np.random.default_rng(3).permutation(100).tolist())

    split = split_by_time(data, share=0.2)

    assert split is not None
    early, late = split
    assert len(late.item) == 20
    assert len(early.item) == 80
    assert late.age_days.max() < early.age_days.min()
    assert (early.n_units, early.n_items) == (late.n_units, late.n_items) == (3, 2)


def test_split__many_at_one_moment__never_parts_a_moment() -> None:
    split = split_by_time(_aged(0, 5, 5, 5, 5, 5, 5, 9), share=0.5)

    assert split is not None
    assert split[1].age_days.tolist() == [0]


@pytest.mark.parametrize("ages", [(), (4.0,), (2.0, 2.0, 2.0)])
def test_split__nothing_to_part__is_none(ages: tuple[float, ...]) -> None:
    assert split_by_time(_aged(*ages), share=0.2) is None


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_split__share_out_of_range__is_none(share: float) -> None:
    assert split_by_time(_aged(1, 2, 3), share=share) is None


def test_hot_units__split_data__have_something_on_both_sides() -> None:
    early = training_data(pairs_of((2, 0), (0, 1)), n_units=4, n_items=2)
    late = training_data(pairs_of((3, 0), (2, 1), (2, 0)), n_units=4, n_items=2)

    assert hot_units(early, late).tolist() == [2]
