"""Absolute differences: Welch, unpooled shares, ratios."""

import math

import numpy as np
import pytest
from scipy import stats

from analytics.errors import InvalidInputError
from analytics.stats.effects import effect_test
from analytics.stats.means import mean_estimate, welch_test
from analytics.stats.moments import CentredMoments, Moments
from analytics.stats.proportions import (
    chi2_test,
    g_test,
    newcombe_interval,
    pooled_test,
    proportion_estimate,
    share_estimate,
    unpooled_test,
    wilson_interval,
)
from analytics.stats.ratios import linearised_variance, ratio_estimate
from analytics.stats.references import NormalReference, StudentReference
from analytics.stats.results import Estimate

CONTROL = Estimate(5200, 12.40, 310.25 / 5200)
TREATMENT = Estimate(5100, 12.95, 342.16 / 5100)
CLICKS_A = Moments(1000, 550, 1250, 11000, 242000, 9900)
CLICKS_B = Moments(1000, 640, 1520, 11100, 246000, 11000)


def test_welch__reference_data__gives_the_published_values() -> None:
    test = welch_test(CONTROL, TREATMENT)

    # ▸ §2
    assert test.effect == pytest.approx(0.55, rel=1e-9)
    assert test.se == pytest.approx(0.3560247992, rel=1e-9)
    assert test.statistic == pytest.approx(1.544836206, rel=1e-9)
    assert test.df == pytest.approx(10250.17605, rel=1e-9)
    assert test.p_value == pytest.approx(0.1224167583, rel=1e-8)
    assert test.interval.low == pytest.approx(-0.1478781909, rel=1e-8)
    assert test.interval.high == pytest.approx(1.247878191, rel=1e-8)


def test_welch__winsorised_revenue__gives_the_published_values() -> None:
    cap = 47849.35
    a = [0.0] * 12 + [min(y, cap) for y in (1999, 2499, 4550, 5999, 120000)]
    b = [0.0] * 11 + [min(y, cap) for y in (1500, 2599, 3999, 5250, 8999, 250000)]
    estimates = [mean_estimate(CentredMoments.from_values(values)) for values in (a, b)]

    test = welch_test(*estimates)

    assert estimates[0].value == pytest.approx(3699.785294, rel=1e-9)
    assert estimates[1].value == pytest.approx(4129.197059, rel=1e-9)
    assert test.statistic == pytest.approx(0.1085437289, rel=1e-8)
    assert test.df == pytest.approx(31.99984204, rel=1e-8)


@pytest.mark.parametrize("sizes", [(5, 7), (40, 300), (1000, 1000)])
def test_welch__random_counts__agrees_with_scipy(
    sizes: tuple[int, int], rng: np.random.Generator
) -> None:
    a, b = (rng.negative_binomial(1, 0.2, size) for size in sizes)
    expected = stats.ttest_ind(b, a, equal_var=False)
    ours = welch_test(*(mean_estimate(Moments.from_values(list(each))) for each in (a, b)))

    assert ours.statistic == pytest.approx(expected.statistic, rel=1e-10)
    assert ours.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert ours.df == pytest.approx(expected.df, rel=1e-10)
    interval = expected.confidence_interval(0.95)
    assert (ours.interval.low, ours.interval.high) == pytest.approx(tuple(interval), rel=1e-9)


@pytest.mark.parametrize("df", [1.0, 3.7, 30.0, 1e4, 1e9])
@pytest.mark.parametrize("alpha", [0.2, 0.05, 1e-3, 1e-8])
def test_student_reference__many_degrees__agrees_with_scipy(df: float, alpha: float) -> None:
    reference = StudentReference(alpha, df)

    assert reference.critical_value == pytest.approx(stats.t.isf(alpha / 2, df), rel=1e-8)
    assert reference.p_value(-2.5) == pytest.approx(2 * stats.t.sf(2.5, df), rel=1e-8)


def test_normal_reference__far_tail__keeps_the_small_p() -> None:
    assert NormalReference(0.05).p_value(30) == pytest.approx(2 * stats.norm.sf(30), rel=1e-9)


def test_unpooled__reference_shares__gives_the_published_values() -> None:
    test = unpooled_test(share_estimate(500, 10000), share_estimate(560, 10000))

    # ▸ §2
    # The pooled z, Newcombe and Wilson of the same line are asserted below.
    assert test.se == pytest.approx(0.003168027778, rel=1e-9)
    assert test.statistic == pytest.approx(1.893922788, rel=1e-9)
    assert test.interval.low == pytest.approx(-0.0002092203462, rel=1e-7)
    assert test.interval.high == pytest.approx(0.01220922035, rel=1e-9)


def test_pooled__reference_shares__gives_the_published_values() -> None:
    pooled, chi2, g = (each(500, 10000, 560, 10000) for each in (pooled_test, chi2_test, g_test))

    assert pooled is not None
    assert chi2 is not None
    assert g is not None
    assert pooled.statistic == pytest.approx(1.893752976, rel=1e-9)
    assert pooled.p_value == pytest.approx(0.05825780604, rel=1e-8)
    # ▸ §2
    assert chi2.statistic == pytest.approx(3.586300333, rel=1e-9)
    assert chi2.statistic == pytest.approx(pooled.statistic**2, rel=1e-12)
    assert chi2.p_value == pytest.approx(0.05825780604, rel=1e-8)
    assert g.statistic == pytest.approx(3.588116557, rel=1e-8)
    assert g.p_value == pytest.approx(0.05819416331, rel=1e-8)


def test_pooled__nobody_or_everybody_succeeded__is_none() -> None:
    assert pooled_test(0, 10, 0, 10) is None
    assert chi2_test(10, 10, 10, 10) is None
    assert g_test(0, 10, 0, 10) is None


def test_newcombe__reference_shares__gives_the_published_interval() -> None:
    interval = newcombe_interval(500, 10000, 560, 10000)

    assert interval.low == pytest.approx(-0.0002126667289, rel=1e-7)
    assert interval.high == pytest.approx(0.01222235566, rel=1e-9)


def test_wilson__reference_share__gives_the_published_interval() -> None:
    interval = wilson_interval(500, 10000)

    assert interval.low == pytest.approx(0.04589848269, rel=1e-9)
    assert interval.high == pytest.approx(0.05444711584, rel=1e-9)


@pytest.mark.parametrize(("x", "n"), [(0, 7), (7, 7), (3, 8), (12, 5000)])
def test_wilson__any_share__agrees_with_scipy(x: int, n: int) -> None:
    expected = stats.binomtest(x, n).proportion_ci(method="wilson")
    ours = wilson_interval(x, n)

    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= ours.low < ours.high <= 1


def test_ratio__reference_units__gives_the_published_values() -> None:
    estimate = ratio_estimate(Moments.from_values([1, 0, 2, 1, 0, 3], [10, 4, 12, 9, 5, 20]))

    # ▸ §4
    assert estimate.value == pytest.approx(0.1166666667, rel=1e-9)
    assert estimate.variance == pytest.approx(4.642592593e-4, rel=1e-9)
    assert math.sqrt(estimate.variance or 0) == pytest.approx(0.02154667629, rel=1e-9)


def test_ratio__reference_variants__gives_the_published_values() -> None:
    a, b = ratio_estimate(CLICKS_A), ratio_estimate(CLICKS_B)
    test = effect_test(a, b, NormalReference(0.05))

    # ▸ §4
    # The lift's delta and Fieller intervals are asserted with the other lifts.
    assert a.value == pytest.approx(0.05, rel=1e-9)
    assert a.variance == pytest.approx(7.155916247e-6, rel=1e-9)
    assert b.value == pytest.approx(0.05765765766, rel=1e-9)
    assert b.variance == pytest.approx(8.687652682e-6, rel=1e-9)
    assert test.effect == pytest.approx(0.007657657658, rel=1e-9)
    assert test.se == pytest.approx(0.003980398087, rel=1e-9)
    assert test.statistic == pytest.approx(1.923842161, rel=1e-9)
    assert test.p_value == pytest.approx(0.05437437089, rel=1e-8)
    assert linearised_variance(CLICKS_A) == pytest.approx(0.007155916247, rel=1e-9)


def test_ratio__random_units__equals_the_variance_of_linearised_values(
    rng: np.random.Generator,
) -> None:
    x = rng.integers(0, 30, 400)
    y = rng.binomial(x, 0.1)
    estimate = ratio_estimate(Moments.from_values(list(y), list(x)))
    linear = (y - y.sum() / x.sum() * x) / x.mean()

    assert estimate.variance == pytest.approx(linear.var(ddof=1) / 400, rel=1e-10)


@pytest.mark.parametrize(("successes", "n"), [(-1, 10), (11, 10)])
def test_share__impossible_count__raises(successes: int, n: int) -> None:
    with pytest.raises(InvalidInputError):
        share_estimate(successes, n)


def test_proportion__values_other_than_zero_and_one__raises() -> None:
    with pytest.raises(InvalidInputError, match="binary"):
        proportion_estimate(Moments.from_values([0, 2]))


def test_ratio__negative_denominator__raises() -> None:
    with pytest.raises(InvalidInputError, match="denominator"):
        ratio_estimate(Moments.from_values([1, 1], [-1, -2]))


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_effect_test__alpha_outside_zero_and_one__raises(alpha: float) -> None:
    with pytest.raises(InvalidInputError, match="alpha"):
        welch_test(CONTROL, TREATMENT, alpha=alpha)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_estimate__not_finite__raises(bad: float) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        Estimate(10, bad, 1.0)
