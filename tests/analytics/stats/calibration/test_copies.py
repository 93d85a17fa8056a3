"""Copies in arrays return what the product returns one at a time."""

import numpy as np
import pytest

from analytics.stats.adaptive.posteriors import beta_posterior
from analytics.stats.adaptive.thompson import best_probabilities
from analytics.stats.calibration.coverage import CRITICAL, Ends, delta_ends, log_delta_ends
from analytics.stats.calibration.srm import even_split_evidence
from analytics.stats.calibration.thompson import treatment_is_best
from analytics.stats.lift import delta_lift, log_delta_lift
from analytics.stats.moment_arrays import EstimateArrays
from analytics.stats.monitoring.sequential_srm import log_split_evidence
from analytics.stats.results import Lift


@pytest.fixture
def pair(rng: np.random.Generator) -> tuple[EstimateArrays, EstimateArrays]:
    a, b = (EstimateArrays.of_shares(rng.integers(1, 400, 50), 2000) for _ in range(2))
    return a, b


def _assert_same(ends: Ends, lifts: list[Lift]) -> None:
    expected = [(lift.interval.low, lift.interval.high) for lift in lifts if lift.interval]
    assert len(expected) == len(lifts)
    np.testing.assert_allclose(np.transpose(ends), expected, rtol=1e-12, atol=1e-14)


def test_delta_ends__many_pairs__equal_delta_lift(
    pair: tuple[EstimateArrays, EstimateArrays],
) -> None:
    a, b = pair

    lifts = [delta_lift(a.at(i), b.at(i), critical_value=CRITICAL) for i in range(50)]

    _assert_same(delta_ends(a, b), lifts)


def test_log_delta_ends__many_pairs__equal_log_delta_lift(
    pair: tuple[EstimateArrays, EstimateArrays],
) -> None:
    a, b = pair

    lifts = [log_delta_lift(a.at(i), b.at(i), critical_value=CRITICAL) for i in range(50)]

    _assert_same(log_delta_ends(a, b), lifts)


def test_even_split_evidence__many_counts__equals_log_split_evidence(
    rng: np.random.Generator,
) -> None:
    control, treatment = rng.integers(0, 100_000, (2, 50))

    found = even_split_evidence(control, treatment)

    due = [
        log_split_evidence([int(a), int(b)], [1, 1])
        for a, b in zip(control, treatment, strict=True)
    ]
    np.testing.assert_allclose(found, due, rtol=1e-9, atol=1e-8)


def test_treatment_is_best__many_counts__equals_best_probabilities(
    rng: np.random.Generator,
) -> None:
    counts = rng.integers(0, (900, 100), (30, 2, 2)).astype(np.float64)

    found = treatment_is_best(counts)

    due = [
        best_probabilities([beta_posterior(int(s), int(f)) for f, s in variants])[1]
        for variants in counts
    ]
    np.testing.assert_allclose(found, due, atol=1e-8)
