"""Paired comparisons, beside scipy's and statsmodels' answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from recommenders.errors import EvaluationError
from recommenders.evaluation.comparison import compare, holm

RNG = np.random.default_rng(5)
BASELINE = RNG.random(40)
CANDIDATE = BASELINE + RNG.normal(0.05, 0.1, 40)
FEW_PS = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_compare__two_recommenders__agrees_with_scipys_paired_t() -> None:
    found = compare(CANDIDATE, BASELINE)

    due = stats.ttest_rel(CANDIDATE, BASELINE)
    interval = due.confidence_interval(0.95)
    assert found.p == pytest.approx(due.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.difference == pytest.approx((CANDIDATE - BASELINE).mean())


def test_compare__sides_changed__changes_the_sign_alone() -> None:
    one, other = compare(CANDIDATE, BASELINE), compare(BASELINE, CANDIDATE)

    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.p == pytest.approx(other.p)


def test_compare__clear_gain__is_better_and_its_reverse_worse() -> None:
    assert compare(BASELINE + 0.5 + CANDIDATE / 100, BASELINE).is_better
    assert compare(BASELINE, BASELINE + 0.5 + CANDIDATE / 100).is_worse


def test_compare__no_difference_anywhere__is_neither_better_nor_worse() -> None:
    found = compare(BASELINE, BASELINE)

    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)
    assert not found.is_better
    assert not found.is_worse


def test_compare__same_gain_for_all__leaves_nothing_to_chance() -> None:
    assert compare(np.full(8, 0.75), np.full(8, 0.5)).p == 0


@pytest.mark.parametrize(
    ("candidate", "baseline", "said"),
    [
        (np.ones(1), np.ones(1), "two units"),
        (np.ones(3), np.ones(4), r"\(3,\) and \(4,\)"),
        (np.array([1, np.nan]), np.ones(2), "not a number"),
    ],
)
def test_compare__what_cannot_be_paired__is_refused(
    candidate: np.ndarray, baseline: np.ndarray, said: str
) -> None:
    with pytest.raises(EvaluationError, match=said):
        compare(candidate, baseline)


@given(FEW_PS)
def test_holm__any_p_values__agrees_with_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1].tolist())
