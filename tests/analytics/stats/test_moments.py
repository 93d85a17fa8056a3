"""Exact and float sufficient statistics."""

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.moments import CentredMoments, Moments, merge_moments

PAIRS = st.lists(
    st.tuples(st.integers(-(10**12), 10**12), st.integers(0, 10**6)), min_size=0, max_size=30
)


def _exact(pairs: list[tuple[int, int]]) -> Moments:
    return Moments.from_values([y for y, _ in pairs], [x for _, x in pairs])


def _floats(pairs: list[tuple[int, int]]) -> CentredMoments:
    return CentredMoments.from_values([y for y, _ in pairs], [x for _, x in pairs])


def test_moments__reference_merge__gives_the_published_values() -> None:
    pooled = Moments.from_values([2, 4, 4, 5]) + Moments.from_values([5, 7, 9])

    assert pooled.n == 7
    assert pooled.mean_y == pytest.approx(5.142857143, rel=1e-9)
    assert pooled.scaled_yy / pooled.n == pytest.approx(30.85714286, rel=1e-9)
    assert pooled.variance_y == pytest.approx(5.142857143, rel=1e-9)


def test_centred_moments__reference_merge__gives_the_published_values() -> None:
    pooled = CentredMoments.from_values([2, 4, 4, 5]) + CentredMoments.from_values([5, 7, 9])

    # ▸ §17
    assert pooled.n == 7
    assert pooled.mean_y == pytest.approx(5.142857143, rel=1e-9)
    assert pooled.m2_y == pytest.approx(30.85714286, rel=1e-9)
    assert pooled.variance_y == pytest.approx(5.142857143, rel=1e-9)


def test_variance__values_far_from_zero__does_not_cancel() -> None:
    values = [10**9 + k for k in (4, 7, 13, 16)]

    # ▸ §17
    assert Moments.from_values(values).variance_y == 30
    assert CentredMoments.from_values(values).variance_y == 30


def test_moments__sums_beyond_64_bits__stay_exact() -> None:
    values = [10**30 + k for k in (4, 7, 13, 16)]

    assert Moments.from_values(values).variance_y == 30


def test_moments__n_of_a_million_millions__keeps_precision() -> None:
    # Half the units hold 10**9, half 10**9 + 2: the variance is n / (n − 1).
    half, low = 10**12 // 2, 10**9
    moments = Moments(2 * half, half * (2 * low + 2), half * (low**2 + (low + 2) ** 2))

    assert moments.variance_y == pytest.approx(1 + 1e-12, rel=1e-15)


@given(PAIRS, PAIRS)
def test_moments__merged__equal_the_pooled_values_exactly(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    assert _exact(one) + _exact(other) == _exact(one + other) == _exact(other) + _exact(one)


@given(st.permutations(range(12)))
def test_moments__any_order__is_the_same(order: list[int]) -> None:
    assert Moments.from_values(order, order[::-1]).sum_yy == Moments.from_values(range(12)).sum_yy
    assert merge_moments(Moments.from_values([y]) for y in order) == Moments.from_values(range(12))


@given(PAIRS, PAIRS, PAIRS)
def test_centred_moments__merged_in_any_grouping__agree(
    a: list[tuple[int, int]], b: list[tuple[int, int]], c: list[tuple[int, int]]
) -> None:
    left, right = (_floats(a) + _floats(b)) + _floats(c), _floats(a) + (_floats(b) + _floats(c))
    whole = _floats(a + b + c)

    for name in ("mean_y", "m2_y", "mean_x", "m2_x"):
        values = [getattr(each, name) for each in (left, right, whole)]
        scale = 1e-12 * max(1.0, *(abs(y) ** (2 if "m2" in name else 1) for y, _ in a + b + c), 0.0)
        scale += 1e-12 * max([x**2 for _, x in a + b + c], default=0)
        assert values == pytest.approx([values[0]] * 3, rel=1e-10, abs=30 * scale)


def test_centred_moments__random_pairs__agree_with_numpy(rng: np.random.Generator) -> None:
    ys, xs = rng.normal(5, 3, 500), rng.normal(-2, 1, 500)
    halves = [
        CentredMoments.from_values(list(ys[part]), list(xs[part]))
        for part in (slice(0, 123), slice(123, None))
    ]

    pooled = halves[0] + halves[1]

    assert pooled.m2_y / 499 == pytest.approx(np.cov(ys, xs)[0, 0], rel=1e-12)
    assert pooled.c_xy / 499 == pytest.approx(np.cov(ys, xs)[0, 1], rel=1e-12)


def test_centred_moments__empty_part__is_the_identity() -> None:
    some = CentredMoments.from_values([1.5, 2.5])

    assert some + CentredMoments() == some == CentredMoments() + some


def test_moments__stored_and_read__are_the_same_in_any_json_reader() -> None:
    moments = Moments.from_values([2**70, 5, -3], [1, 2, 3])
    stored = json.loads(json.dumps(moments.to_dict()), parse_int=float)

    assert Moments.from_dict({**stored, "version": int(stored["version"])}) == moments


@pytest.mark.parametrize("stored", [{}, {"version": 2}, {"version": 1, "n": "x"}])
def test_moments__unreadable_store__raises(stored: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        Moments.from_dict(stored)


def test_centred_moments__stored_and_read__are_the_same() -> None:
    some = CentredMoments.from_values([0.1, 1 / 3], [2.0, 5.0])
    stored = json.loads(json.dumps(some.to_dict(), allow_nan=False))

    assert CentredMoments.from_dict(stored) == some
    for change in ({"version": 2}, {"form": "sample"}, {"m2_y": None}, {"m2_y": -1.0}, {"n": "z"}):
        with pytest.raises(InvalidInputError):
            CentredMoments.from_dict(stored | change)


@pytest.mark.parametrize("values", [[float("nan"), 1.0], [float("inf")], [1e200, -1e200]])
def test_centred_moments__beyond_a_double__raise(values: list[float]) -> None:
    with pytest.raises(InvalidInputError):
        CentredMoments.from_values(values)


def test_centred_moments__merge_beyond_a_double__raises() -> None:
    with pytest.raises(InvalidInputError):
        CentredMoments.from_values([1e200]) + CentredMoments.from_values([-1e200])


def test_moments__no_units__have_no_mean() -> None:
    assert Moments(0, 0, 0).mean_y is None
    assert Moments(0, 0, 0).variance_y is None
    assert Moments(1, 7, 49).variance_y is None


@pytest.mark.parametrize(
    "sums",
    [(-1, 0, 0), (0, 1, 1), (3, 9, 20), (2, 2, 2, 2, 1, 0), (2, 1, 1, 1, 1, 9)],
    ids=["negative n", "sums of nothing", "Σy² too small", "Σx² too small", "Σxy too large"],
)
def test_moments__impossible_sums__raise(sums: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError, match="invalid_input"):
        Moments(*sums)


@pytest.mark.parametrize("bad", [1.0, Decimal(3), float("nan"), "4", None])
def test_moments__not_an_integer__raises(bad: Any) -> None:
    with pytest.raises(InvalidInputError, match="integer"):
        Moments.from_values([bad])
