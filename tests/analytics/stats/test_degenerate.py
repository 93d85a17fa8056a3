"""Every degenerate input of comparisons and adjustments, with its status or its error."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from analytics.stats.compare import compare, compare_estimates
from analytics.stats.counts import poisson_test
from analytics.stats.exact import exact_tests
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import Moments
from analytics.stats.offpolicy.estimators import snips
from analytics.stats.offpolicy.log import FeedbackLog
from analytics.stats.proportions import share_estimate
from analytics.stats.quantiles import compare_quantiles, quantile_estimate
from analytics.stats.results import Estimate, Kind, Monitoring, Status, WarningCode
from analytics.stats.robust.bootstrap import bootstrap_t
from analytics.stats.robust.influence import influence
from analytics.stats.robust.ranks import mann_whitney
from analytics.stats.robust.winsorise import compare_winsorised
from analytics.stats.samples import Sample
from analytics.stats.srm import split_check
from analytics.stats.value_counts import ValueCounts
from analytics.stats.variance.cuped import compare_cuped
from analytics.stats.variance.regression import lin_regression
from analytics.stats.variance.stratification import centred, poststratify
from tests.analytics.stats.finite import non_finite

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


N = 600
PART = Moments(N, 60, 60)
MANY = Moments(10**12, 5 * 10**10, 5 * 10**10)
Row = tuple[Any, Status, Status, str]


def _shares(control: Moments, treatment: Moments = PART, **settings: Any) -> Any:
    return compare(Kind.BINARY, control, treatment, **({"monitoring": FIXED} | settings))


def _estimates(control: float, treatment: float) -> Any:
    both = (Estimate(N, value, 0.01) for value in (control, treatment))
    return compare_estimates(Kind.MEAN, *both, monitoring=FIXED)


def _over(shown: list[int]) -> Any:
    both = (Moments.from_values(SOUND, each) for each in (shown, [1, 2] * 150))
    return compare(Kind.RATIO, *both, monitoring=FIXED)


def _with_history(x: list[int]) -> Any:
    samples = [Sample.from_columns({"y": SOUND, "x": x})] * 2
    return compare_cuped(samples, covariates=["x"], monitoring=FIXED)[0].comparison


BASELINE, OPEN = Status.ZERO_BASELINE, Status.UNBOUNDED
NOTHING = Status.ZERO_DENOMINATOR
# What is shown: e(ffect), p(-value), i(nterval), l(ift), r(ange of the lift). The rest is null.
CONTRACT: dict[str, Row] = {
    "no units": (lambda: _shares(Moments(0, 0, 0)), FEW, FEW, ""),
    "no units in either": (lambda: _shares(*[Moments(0, 0, 0)] * 2), FEW, FEW, ""),
    "one unit": (lambda: _shares(Moments(1, 1, 1)), FEW, FEW, ""),
    "before the start": (
        lambda: _shares(Moments(499, 60, 60), monitoring=Monitoring.ALWAYS_VALID),
        FEW,
        FEW,
        "",
    ),
    "both of zero": (lambda: _shares(*[Moments(N, 0, 0)] * 2), STILL, BASELINE, "e"),
    "both the same": (lambda: _shares(*[Moments(N, N, N)] * 2), STILL, STILL, "el"),
    "both still, apart": (lambda: _shares(Moments(N, N, N), Moments(N, 0, 0)), STILL, STILL, "el"),
    "one still": (lambda: _shares(Moments(N, N, N)), OK, OK, "epilr"),
    "control of zero": (lambda: _shares(Moments(N, 0, 0)), OK, BASELINE, "epi"),
    "control below zero": (lambda: _estimates(-1.0, -2.0), OK, BASELINE, "epi"),
    "signs that change": (lambda: _estimates(1.0, -1.0), OK, BASELINE, "epi"),
    "control near zero": (lambda: _estimates(0.1, 0.3), OK, OPEN, "epil"),
    "nothing to divide by": (lambda: _over([0] * 300), NOTHING, NOTHING, ""),
    "one covariate value": (lambda: _with_history([7] * 300), OK, OK, "epilr"),
    "10^12 units": (lambda: _shares(MANY, MANY), OK, OK, "epilr"),
    "10^12 units, watched": (
        lambda: _shares(MANY, MANY, monitoring=Monitoring.ALWAYS_VALID),
        OK,
        OK,
        "epilr",
    ),
}


@pytest.mark.parametrize("row", CONTRACT.values(), ids=CONTRACT)
def test_degenerate__every_case_of_the_contract__has_its_status_and_shows_no_more(row: Row) -> None:
    judge, status, lift_status, shown = row
    found = judge()
    values = (found.effect, found.p_value, found.interval, found.lift, found.lift_interval)

    assert (found.status, found.lift_status) == (status, lift_status)
    given = [name for name, value in zip("epilr", values, strict=True) if value is not None]
    assert "".join(given) == shown
    assert non_finite(found) is None
    assert (WarningCode.ONE_ZERO_VARIANCE in found.warnings) == (
        status is OK and 0 in (found.control.variance, found.treatment.variance)
    )


def test_degenerate__covariate_of_one_value__adjusts_nothing() -> None:
    plain, adjusted = _mean(SOUND), _with_history([7] * 300)

    assert (adjusted.effect, adjusted.se) == pytest.approx((plain.effect, plain.se), rel=1e-9)


@pytest.mark.parametrize(
    ("rewards", "target", "status"),
    [
        ([], [], FEW),
        ([1], [0.5], FEW),
        ([1, 0], [0, 0], Status.NO_OVERLAP),
        ([0, 0], [0.5, 0.5], STILL),
    ],
)
def test_degenerate__logged_decisions__have_the_documented_status(
    rewards: list[float], target: list[float], status: Status
) -> None:
    found = snips(FeedbackLog.of(rewards, [0.5] * len(rewards), target))

    assert (found.status, found.interval) == (status, None)
    assert non_finite(found) is None


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
        *(
            lambda alpha=alpha: compare(Kind.MEAN, PART, PART, alpha=alpha)
            for alpha in (NAN, INF, 0.0, 1.0, -0.05)
        ),
        lambda: Estimate(-1, 0.0, 0.0),
        lambda: Estimate(9, NAN, 1.0),
        lambda: Estimate(9, 1.0, INF),
        lambda: Estimate(9, 1.0, -1.0),
        lambda: compare_estimates(Kind.MEAN, *[Estimate(N, 1.0, 1.7e308)] * 2),
        lambda: compare(Kind.BINARY, Moments(10, 11, 11), PART),
        lambda: exact_tests(11, 10, 1, 10),
        lambda: exact_tests(-1, 10, 1, 10),
        lambda: split_check([5, -5], [1, 1]),
        lambda: split_check([5, 5], [1, -1]),
        lambda: split_check([5, 5], [1, NAN]),
        lambda: split_check([5, 5], [1, 0]),
        lambda: split_check([5, 5, 5], [1, 1]),
        lambda: FeedbackLog.of([1], [0.0], [0.5]),
        lambda: FeedbackLog.of([1], [-0.1], [0.5]),
        lambda: FeedbackLog.of([NAN], [0.5], [0.5]),
        lambda: FeedbackLog.of([1], [0.5], [INF]),
        lambda: poststratify([{"a": centred(Moments(2, 1, 1))}], weights={"a": 0.0}),
        lambda: poststratify([{"a": centred(Moments(2, 1, 1))}], weights={"a": INF}),
    ],
)
def test_degenerate__caller_mistakes__raise_value_errors_that_say_so(mistake: Any) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        mistake()
