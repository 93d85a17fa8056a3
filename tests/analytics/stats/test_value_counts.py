"""Distinct values with their units."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.moments import CentredMoments, Moments
from analytics.stats.value_counts import ValueCounts

WHOLE = st.lists(st.integers(-20, 20), max_size=40)


@given(WHOLE, WHOLE)
def test_value_counts__merged__equal_the_pooled_units(a: list[int], b: list[int]) -> None:
    one, two = ValueCounts.from_values(_ints(a)), ValueCounts.from_values(_ints(b))

    assert one + two == ValueCounts.from_values(_ints(a + b)) == two + one


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0, 1))
def test_quantile__any_values__is_numpys(values: list[float], q: float) -> None:
    found = ValueCounts.from_values(values).quantile(q)

    assert found == pytest.approx(np.quantile(values, q), rel=1e-9, abs=1e-9)


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(0, 35))
def test_without_largest__any_values__drops_from_the_top(values: list[int], k: int) -> None:
    found = ValueCounts.from_values(_ints(values)).without_largest(k)

    assert found == ValueCounts.from_values(_ints(sorted(values)[: max(0, len(values) - k)]))


def test_moments__whole_numbers__are_exact() -> None:
    big = ValueCounts.from_values([2**40, 2**40, 3])

    assert big.moments() == Moments.from_values([2**40, 2**40, 3])


def test_moments__fractions__are_centred() -> None:
    found = ValueCounts.from_values([0.5, 0.5, 2.0]).moments()

    assert isinstance(found, CentredMoments)
    assert (found.n, found.mean_y, found.m2_y) == pytest.approx((3, 1.0, 1.5))


def test_value_counts__ranks_and_totals__count_units() -> None:
    some = ValueCounts.from_values([5, 1, 5, 2])

    assert [some.at_rank(rank) for rank in (1, 2, 3, 4)] == [1, 2, 5, 5]
    assert (some.at_most(2), some.at_most(0), some.total, some.n) == (2, 0, 13, 4)
    assert some.expanded().tolist() == [1, 2, 5, 5]


@pytest.mark.parametrize(("cap", "expected"), [(2.5, [1, 2, 2.5, 2.5]), (9, [1, 2, 5, 5])])
def test_capped__cap__pulls_in_what_lies_above(cap: float, expected: list[float]) -> None:
    assert ValueCounts.from_values([5, 1, 5, 2]).capped(cap).expanded().tolist() == expected


@pytest.mark.parametrize("values", [[3, 1, 2**62], [0.1, 2.5], []])
def test_value_counts__stored_and_read__are_the_same(values: list[Any]) -> None:
    some = ValueCounts.from_values(values)
    read = ValueCounts.from_dict(json.loads(json.dumps(some.to_dict(), allow_nan=False)))

    assert read == some
    assert read.are_whole == some.are_whole
    assert hash(read) == hash(some)


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"form": "x"}, {"counts": ["0", "1"]}, {"counts": ["1"]}, {"values": [9, 1]}],
)
def test_value_counts__unreadable_store__raise(change: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        ValueCounts.from_dict(ValueCounts.from_values([1, 2]).to_dict() | change)


@pytest.mark.parametrize("bad", [[float("nan")], [float("inf")], ["a"], [[1, 2]], [[1], [2, 3]], 5])
def test_value_counts__not_a_row_of_numbers__raise(bad: Any) -> None:
    with pytest.raises(InvalidInputError):
        ValueCounts.from_values(bad)


def test_value_counts__integers_beyond_64_bits__become_fractions() -> None:
    assert not ValueCounts.from_values([2**64]).are_whole


def test_value_counts__impossible_requests__raise() -> None:
    some = ValueCounts.from_values([1, 2])

    for request in (
        lambda: some.quantile(1.5),
        lambda: some.at_rank(0),
        lambda: some.at_rank(3),
        lambda: some.without_largest(-1),
        lambda: ValueCounts.from_counts({1: -2}),
    ):
        with pytest.raises(InvalidInputError):
            request()


def test_value_counts__no_units__have_no_quantile() -> None:
    assert ValueCounts.from_values([]).quantile(0.5) is None


def _ints(values: list[int]) -> Any:
    return np.array(values, dtype=np.int64)
