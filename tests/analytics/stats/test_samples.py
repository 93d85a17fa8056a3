"""Moments of several columns: merging, exactness, storage, refusal."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import Moments
from analytics.stats.samples import Sample

ROWS = st.lists(
    st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 10**6), st.integers(-50, 50)),
    max_size=25,
)
NAMES = ("y", "x", "z")
Row = tuple[int, int, int]


def _columns(rows: list[Row]) -> dict[str, list[int]]:
    return {name: [row[i] for row in rows] for i, name in enumerate(NAMES)}


def _assert_close(one: Sample, other: Sample, rows: list[Row]) -> None:
    scales = np.max(np.abs(np.array([*rows, (1, 1, 1)], dtype=float)), axis=0)
    assert one.n == other.n
    assert np.allclose(np.subtract(one.means, other.means) / scales, 0, atol=1e-12)
    gap = np.subtract(one.products, other.products).reshape(3, 3)
    assert np.allclose(gap / np.outer(scales, scales), 0, atol=1e-12 * (one.n + 1))


@given(ROWS, ROWS, ROWS)
def test_sample__merged_in_any_grouping__equals_the_pooled_units(
    a: list[Row], b: list[Row], c: list[Row]
) -> None:
    one, two, three = (Sample.from_columns(_columns(rows)) for rows in (a, b, c))
    whole = Sample.from_columns(_columns(a + b + c))

    for merged in ((one + two) + three, one + (two + three), (three + two) + one):
        _assert_close(merged, whole, a + b + c)


@given(ROWS, ROWS)
def test_exact_sample__merged__equals_the_pooled_units_exactly(a: list[Row], b: list[Row]) -> None:
    one, two = (ExactSample.from_columns(_columns(rows)) for rows in (a, b))
    whole = ExactSample.from_columns(_columns(a + b))

    assert one + two == whole == two + one
    _assert_close(whole.centred(), Sample.from_columns(_columns(a + b)), a + b)


@given(ROWS)
def test_exact_sample__one_column__is_what_moments_hold(rows: list[Row]) -> None:
    ys, xs = _columns(rows)["y"], _columns(rows)["x"]
    exact = ExactSample.from_columns({"y": ys, "x": xs})

    assert exact == ExactSample.from_moments(Moments.from_values(ys, xs))


def test_sample__random_columns__agree_with_numpy(rng: np.random.Generator) -> None:
    matrix = rng.normal(size=(3, 400)) * [[1], [5], [1e-3]] + 7
    sample = Sample.from_columns(dict(zip(NAMES, matrix, strict=True)))

    assert sample.product_matrix() / 399 == pytest.approx(np.cov(matrix), rel=1e-12)
    assert sample.covariance("x", "z") == pytest.approx(np.cov(matrix)[1, 2], rel=1e-12)
    assert sample.estimate("y").variance == pytest.approx(matrix[0].var(ddof=1) / 400, rel=1e-12)


def test_exact_sample__money_beyond_64_bits__stays_exact() -> None:
    ys = [10**30 + k for k in (4, 7, 13, 16)]
    sample = ExactSample.from_columns({"y": ys, "x": [1, 1, 2, 3]}).centred()

    assert sample.variance("y") == 30


def test_sample__values_far_from_zero__does_not_cancel() -> None:
    sample = Sample.from_columns({"y": [10**9 + k for k in (4, 7, 13, 16)]})

    assert sample.variance("y") == 30


def test_sample__empty_part__is_the_identity() -> None:
    some = Sample.from_columns({"y": [1.5, 2.5], "x": [0, 1]})

    assert some + Sample.empty(("y", "x")) == some == Sample.empty(("y", "x")) + some


def test_sample__without_enough_units__has_no_value() -> None:
    none, one = Sample.from_columns({"y": []}), Sample.from_columns({"y": [3]})

    assert (none.mean("y"), none.variance("y"), none.estimate("y").value) == (None, None, None)
    assert (one.mean("y"), one.variance("y"), one.estimate("y").variance) == (3, None, None)


def test_sample__from_variances__reads_the_pairs_in_any_order() -> None:
    sample = Sample.from_variances(
        5, {"y": 1, "x": 2}, {("y", "y"): 4, ("x", "x"): 9, ("x", "y"): 3}
    )

    assert sample.covariance("y", "x") == sample.covariance("x", "y") == 3
    assert sample.variance("x") == 9


@pytest.mark.parametrize(
    "sample",
    [
        Sample.from_columns({"y": [0.1, 1 / 3, 2e-17], "x": [1, 2, 4]}),
        Sample.empty(("y",)),
    ],
    ids=["units", "no units"],
)
def test_sample__stored_and_read__is_the_same(sample: Sample) -> None:
    assert Sample.from_dict(json.loads(json.dumps(sample.to_dict(), allow_nan=False))) == sample


def test_exact_sample__stored_and_read__is_the_same_in_any_json_reader() -> None:
    exact = ExactSample.from_columns({"y": [2**70, 5], "x": [1, 2]})
    stored = json.loads(json.dumps(exact.to_dict()), parse_int=float)

    assert ExactSample.from_dict({**stored, "version": 1}) == exact


@pytest.mark.parametrize("kind", [Sample, ExactSample])
@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"form": "other"},
        {"n": "x"},
        {"n": "-1"},
        {"names": None},
        {"names": ["y", "y"]},
        {"products": ["a"] * 3},
        {"products": [1]},
    ],
)
def test_samples__unreadable_store__raise(kind: Any, change: dict[str, object]) -> None:
    stored = kind.from_columns({"y": [2, 5], "x": [1, 2]}).to_dict() | change

    with pytest.raises(InvalidInputError):
        kind.from_dict(stored)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "a", None, 1j])
def test_sample__not_finite_numbers__raises(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        Sample.from_columns({"y": [1.0, bad]})


@pytest.mark.parametrize("values", [[1e200, -1e200], [1e308, 1e308, -1e308]])
def test_sample__squares_beyond_a_double__raises(values: list[float]) -> None:
    with pytest.raises(InvalidInputError, match="finite"):
        Sample.from_columns({"y": values})


def test_sample__merge_beyond_a_double__raises() -> None:
    with pytest.raises(InvalidInputError, match="finite"):
        Sample.from_columns({"y": [1e200]}) + Sample.from_columns({"y": [-1e200]})


@pytest.mark.parametrize("kind", [Sample, ExactSample])
def test_samples__columns_that_do_not_fit__raise(kind: Any) -> None:
    with pytest.raises(InvalidInputError, match="equally long"):
        kind.from_columns({"y": [1, 2], "x": [1]})
    with pytest.raises(InvalidInputError, match="merge"):
        kind.from_columns({"y": [1]}) + kind.from_columns({"x": [1]})
    with pytest.raises(InvalidInputError, match="fit the columns"):
        kind(2, ("y",), (1, 2), (1,))


def test_sample__unknown_column__raises() -> None:
    with pytest.raises(InvalidInputError, match="no column"):
        Sample.from_columns({"y": [1, 2]}).variance("x")


@pytest.mark.parametrize(
    "sums", [(-1, (0,), (0,)), (0, (1,), (1,)), (3, (9,), (20,))], ids=["n", "empty", "Σy²"]
)
def test_exact_sample__impossible_sums__raise(sums: tuple[Any, Any, Any]) -> None:
    n, totals, products = sums
    with pytest.raises(InvalidInputError):
        ExactSample(n, ("y",), totals, products)


def test_exact_sample__impossible_products__raise() -> None:
    with pytest.raises(InvalidInputError, match="products"):
        ExactSample(2, ("y", "x"), (1, 1), (1, 9, 1))


def test_sample__impossible_moments__raise() -> None:
    with pytest.raises(InvalidInputError, match="negative"):
        Sample(2, ("y",), (1.0,), (-1.0,))
    with pytest.raises(InvalidInputError, match="n is 0"):
        Sample(0, ("y",), (1.0,), (0.0,))
