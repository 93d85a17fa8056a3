"""The mixture sequential probability ratio test."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.monitoring.msprt import (
    log_likelihood_ratio,
    mixing_variance,
    msprt_p_value,
)
from analytics.stats.sequential import log_e_value, sequential_p_value, tuning


def test_msprt__reference_differences__gives_the_published_ratios() -> None:
    large, small = (
        math.exp(log_likelihood_ratio(d, 8, pairs=1000, mixing=0.01)) for d in (0.5, 0.3)
    )

    # ▸ §8
    assert large == pytest.approx(3924.877610, rel=1e-9)
    assert msprt_p_value(0.5, 8, pairs=1000, mixing=0.01) == pytest.approx(2.547850148e-4, rel=1e-9)
    assert small == pytest.approx(15.17326340, rel=1e-9)


@given(
    d=st.floats(-5, 5),
    variance=st.floats(0.01, 100),
    pairs=st.integers(1, 10**6),
    mixing=st.floats(1e-6, 10),
)
def test_msprt__any_look__is_the_textbook_ratio(
    d: float, variance: float, pairs: int, mixing: float
) -> None:
    widened = variance + pairs * mixing
    direct = 0.5 * math.log(variance / widened) + pairs**2 * mixing * d**2 / (
        2 * variance * widened
    )

    assert log_likelihood_ratio(d, variance, pairs=pairs, mixing=mixing) == pytest.approx(
        direct, rel=1e-9, abs=1e-9
    )


@given(d=st.floats(-2, 2), n=st.integers(1, 10**6), planned=st.integers(1, 10**6))
def test_msprt__tuned_by_the_same_rule__is_the_confidence_sequence(
    d: float, n: int, planned: int
) -> None:
    mixing, z = mixing_variance(8.0, planned_pairs=planned), d / math.sqrt(8.0 / n)
    rho2 = tuning(2 * planned)

    # 2n units of 2·planned: the sequence counts both variants, the ratio pairs.
    assert msprt_p_value(d, 8.0, pairs=n, mixing=mixing) == pytest.approx(
        sequential_p_value(z, 2 * n, rho2=rho2), rel=1e-9
    )
    assert log_likelihood_ratio(d, 8.0, pairs=n, mixing=mixing) == pytest.approx(
        log_e_value(z, 2 * n, rho2=rho2), rel=1e-9, abs=1e-9
    )


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_msprt__impossible_variance__raises(bad: float) -> None:
    with pytest.raises(InvalidInputError):
        log_likelihood_ratio(0.1, bad, pairs=10, mixing=0.1)
    with pytest.raises(InvalidInputError):
        log_likelihood_ratio(0.1, 1.0, pairs=10, mixing=bad)
    with pytest.raises(InvalidInputError):
        mixing_variance(bad, planned_pairs=10)


def test_msprt__no_pairs_or_no_number__raises() -> None:
    with pytest.raises(InvalidInputError):
        log_likelihood_ratio(0.1, 1.0, pairs=0, mixing=0.1)
    with pytest.raises(InvalidInputError):
        log_likelihood_ratio(math.nan, 1.0, pairs=10, mixing=0.1)
