"""Plans for any metric, split and reading, and the smallest effects they show."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.means import mean_estimate
from analytics.stats.moments import Moments
from analytics.stats.planning.design import (
    Correction,
    Design,
    Goal,
    Looks,
    MetricHistory,
    history_of,
    power_at,
    sample_size,
)
from analytics.stats.planning.duration import Traffic
from analytics.stats.planning.mde import mde_by_week, smallest_effect
from analytics.stats.planning.sample_size import (
    required_n_binary,
    required_n_mean,
    required_n_non_inferiority,
)
from analytics.stats.proportions import share_estimate
from analytics.stats.ratios import ratio_estimate
from analytics.stats.results import Estimate, Kind, Status

ONCE = Design(looks=Looks.FIXED)
REVENUE = MetricHistory(Kind.MEAN, 2.5, 40.0)
CONVERSION = MetricHistory(Kind.BINARY, 0.05, math.sqrt(0.05 * 0.95))


def test_constant__three_treatments__gives_the_published_units() -> None:
    plans = {
        each: Design(weights=(1, 1, 1, 1), looks=Looks.FIXED, correction=each)
        for each in Correction
    }
    per_variant = {each: plan.constant * 2 / 0.2**2 for each, plan in plans.items()}

    # ▸ §13
    assert per_variant[Correction.DUNNETT] == pytest.approx(508.9938093, rel=1e-9)
    assert per_variant[Correction.BONFERRONI] == pytest.approx(523.4557024, rel=1e-9)
    assert per_variant[Correction.NONE] == pytest.approx(392.4439867, rel=1e-9)
    history = MetricHistory(Kind.MEAN, 1.0, 1.0)
    assert sample_size(history, 0.2, plans[Correction.DUNNETT]).n_per_variant == (509,) * 4


def test_smallest_effect__reference_revenue__gives_the_published_lift() -> None:
    # ▸ §13
    assert (smallest_effect(REVENUE, 100_000, ONCE) or 0) / 2.5 == pytest.approx(
        0.2835004911, rel=1e-9
    )


def test_sample_size__formulas__are_its_special_cases() -> None:
    margin = Design(looks=Looks.FIXED, goal=Goal.NON_INFERIORITY)
    uneven = Design(looks=Looks.FIXED, weights=(9, 1))

    assert sample_size(REVENUE, 1.0, ONCE).n_per_variant == (math.ceil(required_n_mean(40, 1)),) * 2
    assert (
        sample_size(CONVERSION, 0.005, ONCE).n_per_variant
        == (math.ceil(required_n_binary(0.05, 0.055)),) * 2
    )
    assert (
        sample_size(CONVERSION, 0.005, margin).n_per_variant
        == (math.ceil(required_n_non_inferiority(CONVERSION.sigma, 0.005)),) * 2
    )
    assert sample_size(REVENUE, 1.0, uneven).n_per_variant[0] == math.ceil(
        required_n_mean(40, 1, ratio=1 / 9)
    )


@pytest.mark.parametrize(
    ("looks", "cost"),
    [
        (Looks.FIXED, 1),
        (Looks.OBRIEN_FLEMING, 1.05),
        (Looks.POCOCK, 1.27),
        (Looks.ALWAYS_VALID, 1.72),
    ],
)
def test_sample_size__looks__multiply_the_units(looks: Looks, cost: float) -> None:
    once, watched = (sample_size(REVENUE, 0.5, Design(looks=each)) for each in (Looks.FIXED, looks))

    assert watched.n_total / once.n_total == pytest.approx(cost, rel=1e-4)


def test_sample_size__covariate__saves_its_share_of_the_variance() -> None:
    adjusted = MetricHistory(Kind.MEAN, 2.5, 40.0, correlation=0.6)

    assert sample_size(adjusted, 0.5, ONCE).n_total / sample_size(
        REVENUE, 0.5, ONCE
    ).n_total == pytest.approx(0.64, rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "estimate", "variance"),
    [
        (Kind.BINARY, share_estimate(500, 10_000), 0.0475),
        (Kind.MEAN, mean_estimate(Moments.from_values([1, 2, 3, 6])), 14 / 3),
        (
            Kind.RATIO,
            ratio_estimate(Moments(1000, 550, 1250, 11_000, 242_000, 9900)),
            0.007155916247,
        ),
        (Kind.QUANTILE, Estimate(2500, 310.0, 4.0), 10_000),
    ],
)
def test_history__estimate_of_any_kind__has_its_variance_per_unit(
    kind: Kind, estimate: Estimate, variance: float
) -> None:
    history = history_of(kind, estimate, correlation=0.3)

    assert history.sigma**2 == pytest.approx(variance, rel=1e-9)
    assert history.value == estimate.value


def test_sample_size__ratio_history__gives_the_published_units() -> None:
    history = history_of(
        Kind.RATIO, ratio_estimate(Moments(1000, 550, 1250, 11_000, 242_000, 9900))
    )

    assert sample_size(history, history.effect_of(0.05), ONCE).n_per_variant == (17974, 17974)


@given(
    value=st.floats(0.01, 0.9),
    effect=st.floats(0.002, 0.05),
    weight=st.floats(0.1, 10),
    correlation=st.floats(-0.9, 0.9),
    looks=st.sampled_from(Looks),
    correction=st.sampled_from(Correction),
)
def test_smallest_effect__planned_units__is_the_effect_planned_for(
    value: float,
    effect: float,
    weight: float,
    correlation: float,
    looks: Looks,
    correction: Correction,
) -> None:
    share = MetricHistory(Kind.BINARY, value, math.sqrt(value * (1 - value)), correlation)
    mean = MetricHistory(Kind.MEAN, value, 1.0, correlation)
    design = Design(weights=(1.0, weight, weight), looks=looks, correction=correction)

    for history in (share, mean):
        n_total = sample_size(history, effect, design).n_total
        found = smallest_effect(history, n_total, design)

        assert found is not None
        assert found == pytest.approx(effect, rel=0.02)
        assert power_at(history, found, n_total, design) == pytest.approx(0.8, abs=2e-4)


@given(effect=st.floats(0.001, 0.04), n=st.integers(100, 10**7))
def test_power__larger_effect__is_larger(effect: float, n: int) -> None:
    low, high = (power_at(CONVERSION, each, n, ONCE) for each in (effect, 1.1 * effect))

    assert 0.05 <= low <= high <= 1


def test_power__simulated_test__finds_as_often(rng: np.random.Generator) -> None:
    x = rng.binomial(5000, [[0.05], [0.06]], (2, 20_000)) / 5000
    se = np.sqrt((x * (1 - x)).sum(axis=0) / 5000)

    found = float((abs(x[1] - x[0]) / se > 1.959963985).mean())

    assert power_at(CONVERSION, 0.01, 10_000, ONCE) == pytest.approx(found, abs=0.012)


def test_mde_by_week__more_units__shrinks() -> None:
    points = mde_by_week(CONVERSION, Traffic(tuple(range(1000, 29_000, 1000))), Design())
    effects = [each.effect or 0.0 for each in points]

    assert [each.week for each in points] == list(range(1, 9))
    assert [each.n_units for each in points[:4]] == [7000, 14_000, 21_000, 28_000]
    assert effects == sorted(effects, reverse=True)
    assert [each.is_extrapolated for each in points] == [False] * 4 + [True] * 4
    assert points[3].lift == pytest.approx((points[3].effect or 0) / 0.05)
    assert points[0].to_dict()["status"] == "ok"


def test_mde_by_week__no_traffic__has_a_status_and_no_number() -> None:
    (point,) = mde_by_week(CONVERSION, Traffic((0,)), Design(), weeks=[1])

    assert (point.status, point.effect, point.lift) == (Status.INSUFFICIENT_DATA, None, None)


def test_mde_by_week__share_that_cannot_rise_enough__has_no_number() -> None:
    high = MetricHistory(Kind.BINARY, 0.9, 0.3)
    (point,) = mde_by_week(high, Traffic((10,)), Design(), weeks=[1])

    assert (point.status, point.effect) == (Status.INSUFFICIENT_DATA, None)
    assert smallest_effect(high, 10, Design()) is None


def test_mde_by_week__value_not_positive__has_no_lift() -> None:
    (point,) = mde_by_week(MetricHistory(Kind.MEAN, -3.0, 1.0), Traffic((900,)), ONCE, weeks=[2])

    assert point.effect is not None
    assert point.lift is None


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan, math.inf])
def test_history__no_variance__raises_with_the_reason(sigma: float) -> None:
    with pytest.raises(InvalidInputError, match=r"variance|positive"):
        MetricHistory(Kind.MEAN, 1.0, sigma)


@pytest.mark.parametrize(
    ("kind", "value", "correlation"),
    [
        (Kind.BINARY, 0.0, 0.0),
        (Kind.BINARY, 1.0, 0.0),
        (Kind.MEAN, math.nan, 0.0),
        (Kind.MEAN, math.inf, 0.0),
        (Kind.MEAN, 1.0, 1.0),
        (Kind.MEAN, 1.0, math.nan),
    ],
)
def test_history__impossible_value__raises(kind: Kind, value: float, correlation: float) -> None:
    with pytest.raises(InvalidInputError):
        MetricHistory(kind, value, 1.0, correlation)


@pytest.mark.parametrize(
    "estimate", [Estimate(0, None, None), Estimate(1, 0.5, None), Estimate(9, 0.5, 0.0)]
)
def test_history__nothing_known__raises(estimate: Estimate) -> None:
    with pytest.raises(InvalidInputError):
        history_of(Kind.BINARY, estimate)


@pytest.mark.parametrize("effect", [0.0, math.nan, math.inf, 1e-9])
def test_sample_size__endless_or_no_number__raises(effect: float) -> None:
    with pytest.raises(InvalidInputError):
        sample_size(REVENUE, effect, ONCE)


def test_sample_size__share_beyond_one__raises_with_the_share() -> None:
    with pytest.raises(InvalidInputError, match="moves the share"):
        sample_size(CONVERSION, 0.96, ONCE)


def test_sample_size__overwhelming_effect__is_never_below_two_per_variant() -> None:
    assert sample_size(REVENUE, 1e9, ONCE).n_per_variant == (2, 2)


def test_effect_of__no_positive_value__raises() -> None:
    with pytest.raises(InvalidInputError):
        MetricHistory(Kind.MEAN, 0.0, 1.0).effect_of(0.05)


@pytest.mark.parametrize("weights", [(1.0,), (1.0, 0.0), (1.0, -1.0), (1.0, math.nan)])
def test_design__no_split__raises(weights: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInputError):
        Design(weights=weights)


@pytest.mark.parametrize("n", [0.0, -5.0, math.nan, math.inf])
def test_power__no_units__raises(n: float) -> None:
    for call in (
        lambda: power_at(REVENUE, 1.0, n, ONCE),
        lambda: smallest_effect(REVENUE, n, ONCE),
    ):
        with pytest.raises(InvalidInputError):
            call()
