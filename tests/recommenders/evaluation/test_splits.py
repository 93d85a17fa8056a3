"""Splits: by time, by the last act of each unit, by chance."""

import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommenders.base import TrainingData
from recommenders.errors import EvaluationError
from recommenders.evaluation.splits import (
    hot_units,
    last_out,
    random_per_unit,
    rolling_splits,
    split_by_time,
)
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


DAY = 86_400_000_000
FOUR = np.zeros(4, np.int64)
MOMENTS = st.lists(st.integers(0, 40), min_size=1, max_size=60).map(
    lambda days: np.array(days, np.int64) * DAY
)
UNITS = st.lists(st.integers(0, 5), min_size=1, max_size=60).map(
    lambda units: np.array(units, np.int64)
)


@given(MOMENTS, st.integers(1, 4), st.integers(1, 10))
def test_rolling__any_moments__are_disjoint_and_learn_from_what_came_strictly_before(
    ts_us: np.ndarray, n_folds: int, days: int
) -> None:
    try:
        splits = rolling_splits(ts_us, n_folds=n_folds, window_us=days * DAY)
    except EvaluationError:
        return  # a window, or what comes before it, is empty

    assert len(splits) == n_folds
    assert sum(split.test.astype(int) for split in splits).max() == 1  # type: ignore[union-attr]
    for split in splits:
        assert ts_us[split.train].max() < split.cut_us <= ts_us[split.test].min()
        assert ts_us[split.test].max() < split.until_us
    for one, other in itertools.pairwise(splits):
        assert one.until_us == other.cut_us
    assert splits[-1].until_us == ts_us.max() + 1


def test_rolling__empty_window__is_refused_with_what_to_do() -> None:
    with pytest.raises(EvaluationError, match="nothing happened in the window") as refused:
        rolling_splits(np.array([0, 40]) * DAY, n_folds=2, window_us=5 * DAY)

    assert refused.value.hint is not None


def test_rolling__no_width_given__shares_a_fifth_of_the_span() -> None:
    splits = rolling_splits(np.arange(100) * DAY, n_folds=2)

    assert [int(split.test.sum()) for split in splits] == [10, 10]


@given(UNITS, st.randoms(use_true_random=False))
def test_last_out__any_units__judges_the_latest_of_those_who_did_two_things(
    unit: np.ndarray, chance: Random
) -> None:
    ts_us = np.array([chance.randrange(5) for _ in unit], np.int64)
    if np.bincount(unit).max() < 2:
        with pytest.raises(EvaluationError):
            last_out(unit, ts_us)
        return

    split = last_out(unit, ts_us)

    for each in np.unique(unit):
        rows = np.flatnonzero(unit == each)
        judged = rows[split.test[rows]]
        assert len(judged) == (1 if len(rows) > 1 else 0)
        # The latest; of several at that moment, the one that stands last.
        assert judged.tolist() in ([], [max(rows.tolist(), key=lambda row: (ts_us[row], row))])


@given(UNITS, st.sampled_from([0.1, 0.25, 0.5]), st.integers(0, 9))
def test_random__any_units__learns_from_the_rounded_rest_of_each(
    unit: np.ndarray, share: float, seed: int
) -> None:
    moments = np.zeros(len(unit), np.int64)
    try:
        split = random_per_unit(unit, moments, share=share, rng=np.random.default_rng(seed))
    except EvaluationError:
        return  # nobody did enough

    for each, count in enumerate(np.bincount(unit)):
        assert split.train[unit == each].sum() == round((1 - share) * count)
    again = random_per_unit(unit, moments, share=share, rng=np.random.default_rng(seed))
    assert (split.test == again.test).all()


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5])
def test_random__share_out_of_range__is_refused(share: float) -> None:
    with pytest.raises(EvaluationError, match="between 0 and 1"):
        random_per_unit(
            np.zeros(4, int), np.zeros(4, int), share=share, rng=np.random.default_rng()
        )
