"""Bases see what came first, trees and weights what came next."""

from dataclasses import replace

import numpy as np
import pytest

from recommenders.algorithms.lessons import first_moments, lessons, sampled
from recommenders.base import TrainingData
from recommenders.features.moments import DAY_US
from tests.recommenders.data import training_data

NOW_US = 20_000 * DAY_US


def _a_hundred_days() -> TrainingData:
    ages = np.arange(100, dtype=np.float32)
    pairs = np.column_stack([np.arange(100) % 5, np.arange(100) % 7])
    data = training_data(pairs, n_units=5, n_items=7, age_days=ages)
    return replace(data, item_age_days=np.full(7, 50, np.float32), until_us=NOW_US)


def _chance() -> np.random.Generator:
    return np.random.default_rng(4)


def test_lessons__in_time__teach_the_latest_share_in_stretches_after_all_before() -> None:
    found = list(lessons(_a_hundred_days(), share=0.2, n=2, rng=_chance()))

    assert [len(lesson.late.item) for lesson in found] == [10, 10]
    for lesson in found:
        oldest_late = lesson.late.until_us / DAY_US - lesson.late.age_days.max()
        newest_early = lesson.early.until_us / DAY_US - lesson.early.age_days.min()
        assert newest_early < oldest_late


def test_lessons__earlier_moment__makes_all_ages_smaller() -> None:
    lesson = next(iter(lessons(_a_hundred_days(), share=0.2, n=1, rng=_chance())))

    moved = NOW_US / DAY_US - lesson.early.until_us / DAY_US
    assert 19 < moved <= 20
    assert lesson.early.age_days.min() == pytest.approx(20 - moved, abs=1e-3)
    np.testing.assert_allclose(lesson.early.item_age_days, 50 - moved, rtol=1e-4)


def test_lessons__one_time_for_all__are_drawn_at_random_and_apart() -> None:
    data = replace(_a_hundred_days(), age_days=np.zeros(100, np.float32))
    marked = replace(data, amount=np.arange(100, dtype=np.float32))

    found = list(lessons(marked, share=0.25, n=3, rng=_chance()))

    assert len(found) == 3
    late = np.concatenate([lesson.late.amount for lesson in found])
    assert len(set(late.tolist())) == len(late)
    assert all(len(each.early.item) + len(each.late.item) == 100 for each in found)


def test_lessons__nothing_happened__are_none() -> None:
    nothing = _a_hundred_days().where(np.zeros(100, np.bool_))

    assert list(lessons(nothing, share=0.2, n=2, rng=_chance())) == []


def test_hidden__units_that_never_repeat__are_not_shown_what_they_saw() -> None:
    ages = np.array([9, 9, 1, 1], np.float32)
    once = training_data(
        np.array([[0, 0], [1, 1], [0, 1], [1, 2]]), n_units=2, n_items=3, age_days=ages
    )
    again = training_data(
        np.array([[0, 0], [1, 1], [0, 0], [1, 2]]), n_units=2, n_items=3, age_days=ages
    )

    first, second = (
        next(iter(lessons(data, share=0.5, n=1, rng=_chance()))) for data in (once, again)
    )

    assert first.hidden(np.array([1])).toarray().tolist() == [[0, 1, 0]]
    assert second.repeats == 0.5
    assert second.hidden(np.array([1])).nnz == 0


def test_first_moments__units__are_those_of_their_oldest_act() -> None:
    found = first_moments(_a_hundred_days(), np.array([0, 4]))

    assert ((NOW_US - found) / DAY_US).round(3).tolist() == [95, 99]


def test_sampled__few_and_many__is_bounded_and_ascending() -> None:
    units = np.arange(50)

    assert sampled(units, 50, _chance()).tolist() == units.tolist()
    few = sampled(units, 7, _chance())
    assert len(few) == 7
    assert (np.diff(few) > 0).all()
