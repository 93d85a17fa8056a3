"""A split watched while the test runs."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln

from analytics.errors import InvalidInputError
from analytics.stats.monitoring.sequential_srm import log_split_evidence, sequential_split
from analytics.stats.results import CheckLevel


@pytest.mark.parametrize(
    ("counts", "small", "large"),
    [
        # ▸ §8
        ([50421, 49579], 0.08448101119, 2.023654040),
        ([50700, 49300], 6.333751954, 7.710442081),
    ],
)
def test_evidence__reference_counts__gives_the_published_values(
    counts: list[int], small: float, large: float
) -> None:
    # The tenth digit printed for the first is lost to the cancellation of the textbook sum.
    assert log_split_evidence(counts, [1, 1], concentration=100) == pytest.approx(small, rel=2e-9)
    assert log_split_evidence(counts, [1, 1], concentration=10000) == pytest.approx(large, rel=1e-9)


@given(
    counts=st.lists(st.integers(0, 5000), min_size=2, max_size=5),
    kappa=st.floats(0.5, 1e4),
    seed=st.integers(0, 2**32 - 1),
)
def test_evidence__any_split__is_the_textbook_sum(
    counts: list[int], kappa: float, seed: int
) -> None:
    weights = np.random.default_rng(seed).uniform(0.2, 1, len(counts))
    shares, n = weights / weights.sum(), sum(counts)
    direct = gammaln(kappa) - gammaln(kappa + n)
    direct += (gammaln(kappa * shares + counts) - gammaln(kappa * shares)).sum()
    direct -= (np.array(counts) * np.log(shares)).sum()

    assert log_split_evidence(counts, list(weights), concentration=kappa) == pytest.approx(
        direct, rel=1e-7, abs=1e-7
    )


def test_evidence__a_trillion_units__keeps_its_digits() -> None:
    n, off, kappa = 10**12, 2 * 10**6, 1000
    # Next to even the evidence is the normal limit: ½ ln(κ/(κ+n)) + 2·off²/n, error 1/κ.
    limit = 0.5 * math.log(kappa / (kappa + n)) + 2 * off**2 / n

    found = log_split_evidence([n // 2 + off, n // 2 - off], [1, 1])

    assert found == pytest.approx(limit, abs=1e-3)


def test_evidence__few_units__is_the_exact_ratio_of_likelihoods() -> None:
    # Beta(1, 1) prior, 3 of 4: 1/(5·C(4,3)) against 1/16.
    exact = Fraction(1, 20) / Fraction(1, 16)

    assert log_split_evidence([3, 1], [1, 1], concentration=2) == pytest.approx(
        math.log(exact), rel=1e-12
    )


def test_split__alarm_once_raised__stays() -> None:
    first = sequential_split([5400, 4600], [1, 1])
    later = sequential_split([50000, 50000], [1, 1], peak_log_evidence=first.peak_log_evidence)

    assert first.level is CheckLevel.BLOCK
    assert later.level is CheckLevel.BLOCK
    assert later.log_evidence < 0
    assert later.p_value == first.p_value == math.exp(-first.peak_log_evidence)


def test_split__threshold__is_a_thousandfold_evidence() -> None:
    at, below = (
        sequential_split([5, 5], [1, 1], peak_log_evidence=math.log(ratio))
        for ratio in (1000.001, 999.9)
    )

    assert (at.level, below.level) == (CheckLevel.BLOCK, CheckLevel.OK)


def test_split__no_units__has_nothing_to_say() -> None:
    found = sequential_split([0, 0], [3, 1])

    assert found.log_evidence == pytest.approx(0, abs=1e-12)
    assert (found.p_value, found.level) == (1.0, CheckLevel.OK)


def test_split__variant_of_weight_zero__is_left_out() -> None:
    assert log_split_evidence([600, 0, 400], [1, 0, 1]) == log_split_evidence([600, 400], [1, 1])


@pytest.mark.parametrize(
    ("counts", "weights"),
    [
        ([-1, 5], [1, 1]),
        ([1, 2, 3], [1, 1]),
        ([5, 5], [1, 0]),
        ([5, 5], [1, math.nan]),
        ([5, 5], [1, -1]),
        ([5, 5], [1, math.inf]),
    ],
)
def test_evidence__no_split__raises(counts: list[int], weights: list[float]) -> None:
    with pytest.raises(InvalidInputError):
        log_split_evidence(counts, weights)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_evidence__impossible_concentration__raises(bad: float) -> None:
    with pytest.raises(InvalidInputError):
        log_split_evidence([5, 5], [1, 1], concentration=bad)


def test_split__impossible_peak__raises() -> None:
    with pytest.raises(InvalidInputError):
        sequential_split([5, 5], [1, 1], peak_log_evidence=math.nan)


@pytest.mark.slow
def test_split__fair_and_unfair_traffic__alarms_as_the_reference_says(
    rng: np.random.Generator,
) -> None:
    def alarm_rate(share: float, runs: int) -> float:
        seen = rng.binomial(1000, share, (runs, 100)).cumsum(axis=1)
        totals = 1000 * np.arange(1, 101)
        hits = [
            any(
                log_split_evidence([int(a), int(n - a)], [1, 1]) >= math.log(1000)
                for a, n in zip(row, totals, strict=True)
            )
            for row in seen
        ]
        return float(np.mean(hits))

    assert alarm_rate(0.5, 2000) <= 0.001 + 3 * math.sqrt(0.001 / 2000)
    assert alarm_rate(0.505, 500) == pytest.approx(0.18, abs=0.055)
    assert alarm_rate(0.51, 300) == pytest.approx(0.99, abs=0.02)


@pytest.mark.parametrize("threshold", [0.0, 1.0, math.nan])
def test_split__impossible_threshold__raises(threshold: float) -> None:
    with pytest.raises(InvalidInputError):
        sequential_split([5, 5], [1, 1], threshold=threshold)
