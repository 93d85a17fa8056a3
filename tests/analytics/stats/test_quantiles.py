"""Quantiles: ranks, design effect, differences."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.moments import Moments
from analytics.stats.quantiles import (
    QuantileEstimate,
    compare_quantiles,
    design_effect,
    quantile_estimate,
    quantile_ranks,
    share_moments,
)
from analytics.stats.ratios import ratio_estimate
from analytics.stats.references import upper_quantile
from analytics.stats.results import Monitoring, Status
from analytics.stats.value_counts import ValueCounts

SHARES = Moments(800, 5400, 52_000, 6000, 61_000, 55_500)


def _of(values: Any, q: float = 0.5, **settings: Any) -> QuantileEstimate:
    return quantile_estimate(ValueCounts.from_values(values), q, **settings)


def test_quantile_ranks__reference_sizes__give_the_published_ranks() -> None:
    # ▸ §5
    assert quantile_ranks(1000, 0.9) == (881, 920)
    assert quantile_ranks(200, 0.5) == (86, 115)


def test_design_effect__reference_units__gives_the_published_values() -> None:
    deff = design_effect(SHARES, 0.9)
    variance = ratio_estimate(SHARES).variance or 0

    # ▸ §5
    assert variance == pytest.approx(4.199694062e-5, rel=1e-9)
    assert pytest.approx(1.5e-5, rel=1e-12) == 0.9 * 0.1 / 6000
    assert deff == pytest.approx(2.799796041, rel=1e-9)
    half = upper_quantile(0.025) * math.sqrt((deff or 0) * 0.9 * 0.1 / 6000)
    assert half == pytest.approx(0.01270155573, rel=1e-9)


@given(
    n=st.integers(1, 10**12),
    q=st.floats(0.001, 0.999),
    alpha=st.floats(1e-4, 0.5),
    deff=st.floats(0, 50),
)
def test_quantile_ranks__any_setting__are_ranks_around_the_quantile(
    n: int, q: float, alpha: float, deff: float
) -> None:
    low, high = quantile_ranks(n, q, alpha=alpha, deff=deff)
    wider_low, wider_high = quantile_ranks(n, q, alpha=alpha / 2, deff=deff)

    assert 1 <= wider_low <= low <= high <= wider_high <= n
    assert low <= max(1, n * q) + 1
    assert high >= min(n, n * q)


def test_quantile__values_of_units__are_order_statistics(rng: np.random.Generator) -> None:
    values = rng.lognormal(3, 1, 1000)
    found = _of(values, 0.9)
    ordered = np.sort(values)

    assert found.estimate.value == pytest.approx(np.quantile(values, 0.9), rel=1e-12)
    assert found.ranks == (881, 920)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (ordered[880], ordered[919])
    expected = (ordered[919] - ordered[880]) / (2 * 1.959963985)
    assert math.sqrt(found.estimate.variance or 0) == pytest.approx(expected, rel=1e-9)


def test_share_moments__several_values_per_unit__count_them() -> None:
    found = share_moments([0, 0, 2, 2, 2], [1.0, 5.0, 2.0, 3.0, 9.0], cut=3.0, n_units=4)

    assert found == Moments.from_values([1, 0, 2, 0], [2, 0, 3, 0])


def test_quantile__one_value_per_unit_as_clusters__hardly_differs(
    rng: np.random.Generator,
) -> None:
    values = rng.normal(50, 9, 4000)
    plain = _of(values)
    cut = plain.estimate.value or 0.0
    clustered = _of(values, shares=share_moments(np.arange(4000), values, cut=cut, n_units=4000))

    assert clustered.deff == pytest.approx(1.0, rel=1e-3)
    assert clustered.estimate.variance == pytest.approx(plain.estimate.variance, rel=0.05)


def test_quantile__values_alike_within_units__has_the_wider_interval(
    rng: np.random.Generator,
) -> None:
    units = np.repeat(np.arange(500), 8)
    values = rng.normal(0, 1, 500)[units] + rng.normal(0, 0.2, 4000)
    plain = _of(values)
    shares = share_moments(units, values, cut=plain.estimate.value or 0.0, n_units=500)
    clustered = _of(values, shares=shares)

    assert 5 < (clustered.deff or 0) < 8
    assert (clustered.estimate.variance or 0) > 4 * (plain.estimate.variance or 0)
    assert clustered.estimate.n == 500


@pytest.mark.parametrize(
    ("values", "q", "status", "value"),
    [
        ([], 0.5, Status.INSUFFICIENT_DATA, None),
        ([7], 0.5, Status.INSUFFICIENT_DATA, 7.0),
        (range(99), 0.5, Status.INSUFFICIENT_DATA, 49.0),
        (range(101), 0.5, Status.OK, 50.0),
        (range(400), 0.9, Status.INSUFFICIENT_DATA, 359.1),
        ([3] * 400, 0.5, Status.ZERO_VARIANCE, 3.0),
    ],
)
def test_quantile__degenerate_values__say_why(
    values: Any, q: float, status: Status, value: float | None
) -> None:
    found = _of(list(values), q)

    assert found.status is status
    assert found.estimate.value == pytest.approx(value)
    assert (found.interval is None) == (status is not Status.OK)
    json.dumps(found.to_dict(), allow_nan=False)


def test_compare_quantiles__shifted_values__agree_with_the_bootstrap(
    rng: np.random.Generator,
) -> None:
    a, b = rng.exponential(10, 3000), rng.exponential(10, 3000) + 1
    found = compare_quantiles(_of(a, 0.75), _of(b, 0.75), monitoring=Monitoring.FIXED)
    draws = [
        np.quantile(rng.choice(b, 3000), 0.75) - np.quantile(rng.choice(a, 3000), 0.75)
        for _ in range(400)
    ]

    assert found.status is Status.OK
    assert found.effect == pytest.approx(np.quantile(b, 0.75) - np.quantile(a, 0.75), rel=1e-9)
    assert found.se == pytest.approx(np.std(draws), rel=0.2)
    assert found.lift == pytest.approx((found.effect or 0) / np.quantile(a, 0.75), rel=1e-9)


@pytest.mark.parametrize(
    ("values", "status", "effect"),
    [
        ([3.0] * 4000, Status.ZERO_VARIANCE, 3.0 - 199.5),
        ([3.0] * 20, Status.INSUFFICIENT_DATA, None),
        ([], Status.INSUFFICIENT_DATA, None),
    ],
    ids=["ties", "few", "none"],
)
@pytest.mark.parametrize("monitoring", list(Monitoring))
def test_compare_quantiles__one_without_an_error__passes_its_status_on(
    values: list[float], status: Status, effect: float | None, monitoring: Monitoring
) -> None:
    found = compare_quantiles(_of(list(range(400)) * 5), _of(values), monitoring=monitoring)

    assert (found.status, found.lift_status) == (status, status)
    assert found.effect == pytest.approx(effect)
    assert (found.p_value, found.interval, found.lift, found.lift_interval) == (None,) * 4
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: _of([1, 2], 0.0),
        lambda: _of([1, 2], 1.0),
        lambda: _of([1, 2], float("nan")),
        lambda: _of([1, 2], shares=SHARES),
        lambda: quantile_ranks(0, 0.5),
        lambda: quantile_ranks(5, 0.5, deff=float("inf")),
        lambda: quantile_ranks(5, 0.5, alpha=0),
        lambda: share_moments([3], [1.0], cut=1.0, n_units=3),
        lambda: share_moments([0.5], [1.0], cut=1.0, n_units=3),
        lambda: share_moments([0], [1.0, 2.0], cut=1.0, n_units=3),
        lambda: compare_quantiles(_of([1, 2], 0.5), _of([1, 2], 0.9)),
    ],
)
def test_quantiles__caller_mistakes__raise(mistake: Any) -> None:
    with pytest.raises(InvalidInputError):
        mistake()


@pytest.mark.slow
def test_quantile__several_values_per_unit__covers_the_truth(rng: np.random.Generator) -> None:
    runs, hits = 500, 0
    for _ in range(runs):
        units = np.repeat(np.arange(400), rng.integers(1, 12, 400))
        values = rng.normal(0, 1, 400)[units] + rng.normal(0, 1, len(units))
        first = _of(values)
        cut = first.estimate.value or 0.0
        found = _of(values, shares=share_moments(units, values, cut=cut, n_units=400))
        hits += found.interval is not None and not found.interval.excludes(0.0)

    # The outer interval covers a little more than it says; three errors either way.
    assert 0.92 < hits / runs < 0.99
