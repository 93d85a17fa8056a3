"""Skewness and tails from moments that merge."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.errors import InvalidInputError
from analytics.stats.shape import Shape, outgrows_skewness

VALUES = st.lists(st.integers(-1000, 1000), max_size=30)


@given(VALUES, VALUES, VALUES)
def test_shape__merged_in_any_order__equals_the_pooled_units(
    a: list[int], b: list[int], c: list[int]
) -> None:
    one, two, three = Shape.from_values(a), Shape.from_values(b), Shape.from_values(c)
    whole = Shape.from_values(a + b + c)

    for merged in ((one + two) + three, three + (two + one)):
        assert merged.n == whole.n
        assert merged.mean == pytest.approx(whole.mean, abs=1e-9)
        assert merged.m2 == pytest.approx(whole.m2, rel=1e-9, abs=1e-6)
        assert merged.m3 == pytest.approx(whole.m3, rel=1e-9, abs=1e-2)
        assert merged.m4 == pytest.approx(whole.m4, rel=1e-9, abs=1e-1)


def test_shape__skewed_values__agree_with_scipy(rng: np.random.Generator) -> None:
    values = rng.lognormal(3, 1, 2000)
    shape = Shape.from_values(values[:700]) + Shape.from_values(values[700:])

    assert shape.skewness == pytest.approx(stats.skew(values), rel=1e-9)
    assert shape.excess_kurtosis == pytest.approx(stats.kurtosis(values), rel=1e-9)
    assert shape.variance == pytest.approx(values.var(ddof=1), rel=1e-9)


@pytest.mark.parametrize("values", [[], [3], [3, 3, 3]])
def test_shape__nothing_varies__has_no_skewness(values: list[int]) -> None:
    shape = Shape.from_values(values)

    assert (shape.skewness, shape.excess_kurtosis) == (None, None)


@pytest.mark.parametrize("scale", [1e-160, 1e-60, 1e60])
def test_shape__tiny_or_huge_values__never_give_infinity(scale: float) -> None:
    shape = Shape.from_values([0.0, 0.0, scale])

    for value in (shape.skewness, shape.excess_kurtosis):
        assert value is None or np.isfinite(value)


def test_shape__beyond_a_double__raises() -> None:
    with pytest.raises(InvalidInputError, match="finite"):
        Shape.from_values([1e100, -1e100])
    with pytest.raises(InvalidInputError, match="finite"):
        Shape(1, 1e100) + Shape(1, -1e100)


def test_shape__stored_and_read__is_the_same() -> None:
    shape = Shape.from_values([0.1, 5, 7.25])

    assert Shape.from_dict(json.loads(json.dumps(shape.to_dict()))) == shape
    with pytest.raises(InvalidInputError, match="version"):
        Shape.from_dict(shape.to_dict() | {"version": 9})


def test_outgrows_skewness__rule_of_thumb__counts_units() -> None:
    assert outgrows_skewness(355 * 9, 3.0)
    assert not outgrows_skewness(355 * 9 - 1, 3.0)
