"""Every degenerate input of comparisons and adjustments, with its status or its error."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from analytics.stats.compare import compare
from analytics.stats.counts import poisson_test
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import Moments
from analytics.stats.proportions import share_estimate
from analytics.stats.quantiles import compare_quantiles, quantile_estimate
from analytics.stats.results import Kind, Monitoring, Status
from analytics.stats.robust.bootstrap import bootstrap_t
from analytics.stats.robust.influence import influence
from analytics.stats.robust.ranks import mann_whitney
from analytics.stats.robust.winsorise import compare_winsorised
from analytics.stats.samples import Sample
from analytics.stats.value_counts import ValueCounts
from analytics.stats.variance.cuped import compare_cuped
from analytics.stats.variance.regression import lin_regression
from analytics.stats.variance.stratification import centred, poststratify

FIXED = Monitoring.FIXED
SOUND = [0, 0, 0, 4, 1, 0, 7, 0, 2, 0] * 30
Judge = Callable[[list[int]], Any]


def _counts(values: list[int]) -> ValueCounts:
    return ValueCounts.from_values(np.array(values, dtype=np.int64))


def _mean(values: list[int]) -> Any:
    moments = (Moments.from_values(each) for each in (values, SOUND))
    return compare(Kind.MEAN, *moments, monitoring=FIXED)


def _cuped(values: list[int]) -> Any:
    samples = [Sample.from_columns({"y": each, "x": each[::-1]}) for each in (values, SOUND)]
    return compare_cuped(samples, covariates=["x"], monitoring=FIXED)[0].comparison


def _lin(values: list[int]) -> Any:
    y = np.array(values + SOUND, dtype=float)
    treated = [0] * len(values) + [1] * len(SOUND)
    return lin_regression(y, treated, np.arange(len(y)) % 7)


def _winsorised(values: list[int]) -> Any:
    found = compare_winsorised([_counts(values), _counts(SOUND)], frozen_cap=5.0, monitoring=FIXED)
    return found[0].comparison


def _quantile(values: list[int]) -> Any:
    both = (quantile_estimate(_counts(each), 0.5) for each in (values, SOUND))
    return compare_quantiles(*both, monitoring=FIXED)


def _influence(values: list[int]) -> Any:
    return influence(_counts(values), _counts(SOUND), monitoring=FIXED).comparison


def _bootstrap(values: list[int]) -> Any:
    return bootstrap_t(_counts(values), _counts(SOUND), seed=1)


def _ranks(values: list[int]) -> Any:
    return mann_whitney(_counts(values), _counts(SOUND))


def _poisson(values: list[int]) -> Any:
    return poisson_test(Moments.from_values(values), Moments.from_values(SOUND))


FEW, OK, STILL = Status.INSUFFICIENT_DATA, Status.OK, Status.ZERO_VARIANCE
SOME: dict[str, list[int]] = {
    "empty": [],
    "one unit": [3],
    "all equal": [3] * 300,
    "all zero": [0] * 300,
}


@pytest.mark.parametrize(
    ("judge", "expected"),
    [
        (_mean, (FEW, FEW, OK, OK)),
        (_cuped, (FEW, FEW, OK, OK)),
        (_lin, (FEW, FEW, OK, OK)),
        (_winsorised, (FEW, FEW, OK, OK)),
        (_influence, (FEW, FEW, OK, OK)),
        (_bootstrap, (FEW, FEW, OK, OK)),
        (_quantile, (FEW, FEW, STILL, STILL)),  # ties around the median of either variant
        (_ranks, (FEW, OK, OK, OK)),
        (_poisson, (FEW, FEW, OK, OK)),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_degenerate__values_of_one_variant__have_the_documented_status(
    judge: Judge, expected: tuple[Status, ...]
) -> None:
    for values, status in zip(SOME.values(), expected, strict=True):
        found = judge(values)

        assert found.status is status
        json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "judge", [_mean, _cuped, _winsorised, _influence], ids=lambda each: each.__name__
)
def test_degenerate__control_of_zero__has_no_lift(judge: Judge) -> None:
    found = judge(SOME["all zero"])

    assert (found.status, found.lift_status) == (Status.OK, Status.ZERO_BASELINE)
    assert (found.lift, found.lift_interval) == (None, None)


@pytest.mark.parametrize("monitoring", list(Monitoring))
def test_degenerate__a_million_million_units__keep_their_precision(monitoring: Monitoring) -> None:
    n, x = 10**12, 5 * 10**10
    more = x + 2 * 10**6
    found = compare(Kind.BINARY, Moments(n, x, x), Moments(n, more, more), monitoring=monitoring)
    as_mean = compare(Kind.MEAN, Moments(n, x, x), Moments(n, more, more), monitoring=monitoring)

    assert found.effect == pytest.approx(2e-6, rel=1e-9)
    assert found.lift == pytest.approx(2e6 / 5e10, rel=1e-9)
    assert as_mean.statistic == pytest.approx(found.statistic, rel=1e-9)


def test_degenerate__a_million_million_counted_values__keep_their_precision() -> None:
    half = 5 * 10**11
    values = ValueCounts.from_counts({0: half, 1: half, 2: 1})
    found = quantile_estimate(values, 0.25)
    sample = ExactSample(10**12, ("y",), (half,), (half,)).centred()

    assert (values.n, found.status) == (10**12 + 1, Status.ZERO_VARIANCE)
    assert sample.variance("y") == pytest.approx(0.25 * (1 + 1e-12), rel=1e-14)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: share_estimate(11, 10),
        lambda: share_estimate(-1, 10),
        lambda: Moments(10, 11, 11) + Moments(-1, 0, 0),
        lambda: Moments.from_values([NAN]),  # type: ignore[list-item]
        lambda: Sample.from_columns({"y": [NAN]}),
        lambda: Sample.from_columns({"y": [INF]}),
        lambda: ValueCounts.from_values([NAN]),
        lambda: ValueCounts.from_values([-INF]),
        lambda: ValueCounts.from_counts({1: -1}),
        lambda: lin_regression([NAN], [0], [1.0]),
        lambda: compare(Kind.MEAN, Moments(0, 0, 0), Moments(0, 0, 0), alpha=NAN),
        lambda: poststratify([{"a": centred(Moments(2, 1, 1))}], weights={"a": INF}),
    ],
)
def test_degenerate__caller_mistakes__raise_value_errors_that_say_so(mistake: Any) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        mistake()
