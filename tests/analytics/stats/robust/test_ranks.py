"""The Mann–Whitney diagnostic beside scipy."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.stats.results import Status
from analytics.stats.robust.ranks import mann_whitney
from analytics.stats.value_counts import ValueCounts

VALUES = st.lists(st.integers(0, 6), min_size=2, max_size=30)


def _counts(values: list[int]) -> ValueCounts:
    return ValueCounts.from_values(np.array(values, dtype=np.int64))


@given(VALUES, VALUES)
def test_mann_whitney__any_values_with_ties__agrees_with_scipy(a: list[int], b: list[int]) -> None:
    found = mann_whitney(_counts(a), _counts(b))
    if len(set(a + b)) == 1:
        assert found.status is Status.ZERO_VARIANCE
        return
    expected = stats.mannwhitneyu(b, a, method="asymptotic")

    assert found.u == expected.statistic
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)


@given(VALUES, VALUES)
def test_mann_whitney__variants_exchanged__mirrors(a: list[int], b: list[int]) -> None:
    there, back = mann_whitney(_counts(a), _counts(b)), mann_whitney(_counts(b), _counts(a))

    assert (there.probability or 0) + (back.probability or 0) == pytest.approx(1)
    assert there.status is back.status
    if there.p_value is not None:
        assert there.p_value == pytest.approx(back.p_value, rel=1e-9)


def test_mann_whitney__many_units__keep_their_precision() -> None:
    half = 10**11
    a = ValueCounts.from_counts({0: half, 1: half})
    b = ValueCounts.from_counts({0: half - 10**6, 1: half + 10**6})
    found = mann_whitney(a, b)

    assert found.probability == pytest.approx(0.5 + 10**6 / half / 4, rel=1e-12)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(found.statistic or 0), rel=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "status"),
    [
        ([], [1, 2], Status.INSUFFICIENT_DATA),
        ([1], [], Status.INSUFFICIENT_DATA),
        ([0, 0], [0, 0, 0], Status.ZERO_VARIANCE),
    ],
)
def test_mann_whitney__nothing_to_rank__says_why(
    a: list[int], b: list[int], status: Status
) -> None:
    found = mann_whitney(_counts(a), _counts(b))

    assert (found.status, found.p_value) == (status, None)
    json.dumps(found.to_dict(), allow_nan=False)
