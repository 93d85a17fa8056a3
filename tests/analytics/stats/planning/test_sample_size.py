"""Units by formula."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import TTestIndPower, zt_ind_solve_power

from analytics.errors import InvalidInputError
from analytics.stats.planning.sample_size import (
    BinaryMethod,
    lehr_n,
    planned_units,
    required_n_binary,
    required_n_mean,
    required_n_mean_t,
    required_n_non_inferiority,
    required_n_preference,
)
from analytics.stats.power import detection_constant, power_of
from analytics.stats.results import Monitoring


def test_required_n_mean__reference_effect__gives_the_published_values() -> None:
    control = required_n_mean(1, 0.2, ratio=1 / 9)

    # ▸ §13
    assert required_n_mean(1, 0.2) == pytest.approx(392.4439867, rel=1e-9)
    assert power_of(0.2, math.sqrt(2 / 392.4430), critical_value=1.959963985) == pytest.approx(
        0.8, abs=1e-7
    )
    assert required_n_mean_t(1, 0.2) == pytest.approx(393.4056930, rel=1e-8)
    assert control == pytest.approx(1962.219934, rel=1e-9)
    assert control * (1 + 1 / 9) == pytest.approx(2180.244371, rel=1e-9)
    assert control * (1 + 1 / 9) / (2 * required_n_mean(1, 0.2)) == pytest.approx(2.78, abs=5e-3)
    assert detection_constant() == pytest.approx(7.848879734, rel=1e-9)


def test_lehr__reference_effect__gives_the_rule_and_the_exact_constant() -> None:
    # ▸ §13
    assert lehr_n(1, 0.2) == pytest.approx(400, rel=1e-12)
    assert required_n_mean(1, 1) == pytest.approx(15.69775947, rel=1e-9)


def test_required_n_binary__reference_shares__gives_the_published_values() -> None:
    found = {each: required_n_binary(0.05, 0.055, method=each) for each in BinaryMethod}

    # The reference prints 31217.42343 for arcsine: a solver that counts the far tail too.
    gap = 2 * (math.asin(math.sqrt(0.055)) - math.asin(math.sqrt(0.05)))
    two_tailed = power_of(gap, math.sqrt(2 / 31217.42343), critical_value=1.959963985)
    # ▸ §13
    assert two_tailed == pytest.approx(0.8, abs=1e-9)
    assert found[BinaryMethod.UNPOOLED] == pytest.approx(31230.69246, rel=1e-9)
    assert found[BinaryMethod.POOLED] == pytest.approx(31233.43794, rel=1e-9)
    assert found[BinaryMethod.MILLER] == pytest.approx(30244.40475, rel=1e-9)
    assert found[BinaryMethod.ARCSINE] == pytest.approx(31217.49989, rel=1e-9)
    assert required_n_binary(0.05, 0.055) == found[BinaryMethod.UNPOOLED]
    miller = required_n_binary(0.20, 0.25, method=BinaryMethod.MILLER)
    assert miller == pytest.approx(1030.219283, rel=1e-9)


def test_required_n_mean__ratio_metric__gives_the_published_value() -> None:
    # ▸ §13
    assert required_n_mean(math.sqrt(0.007155916247), 0.05 * 0.05) == pytest.approx(
        17973.09632, rel=1e-8
    )


def test_required_n_non_inferiority__reference_share__gives_the_published_value() -> None:
    # ▸ §13 (the statistic of an absolute margin, on the same line, is in test_noninferiority)
    assert required_n_non_inferiority(math.sqrt(0.05 * 0.95), 0.005) == pytest.approx(
        23493.71748, rel=1e-9
    )


def test_required_n_preference__reference_share__gives_the_published_value() -> None:
    assert required_n_preference(0.51) == pytest.approx(19619.84130, rel=1e-9)
    assert required_n_preference(0.49) == pytest.approx(19619.84130, rel=1e-9)


@pytest.mark.parametrize("effect", [0.01, 0.2, 0.8, 2.0])
def test_required_n_mean__equal_variants__agrees_with_statsmodels(effect: float) -> None:
    z = zt_ind_solve_power(effect_size=effect, alpha=0.05, power=0.8)
    t = TTestIndPower().solve_power(effect_size=effect, alpha=0.05, power=0.8)

    assert required_n_mean(1, effect) == pytest.approx(z, rel=1e-5)  # theirs counts both tails
    assert required_n_mean_t(1, effect) == pytest.approx(t, rel=1e-6)


def test_required_n_mean_t__overwhelming_effect__is_the_least_that_has_a_variance() -> None:
    assert required_n_mean_t(1, 100) == 2


@given(sigma=st.floats(0.01, 1e6), lift=st.floats(1e-4, 2), ratio=st.floats(0.05, 20))
def test_required_n_mean__money_in_cents__stays_the_same(
    sigma: float, lift: float, ratio: float
) -> None:
    assert required_n_mean(100 * sigma, 100 * lift, ratio=ratio) == pytest.approx(
        required_n_mean(sigma, lift, ratio=ratio), rel=1e-9
    )


@given(p=st.floats(0.01, 0.98), gap=st.floats(1e-3, 0.01), method=st.sampled_from(BinaryMethod))
def test_required_n_binary__small_effects__methods_nearly_agree(
    p: float, gap: float, method: BinaryMethod
) -> None:
    unpooled = required_n_binary(p, p + gap)

    found = required_n_binary(p, p + gap, method=method)

    assert found == pytest.approx(unpooled, rel=0.35 if p < 0.03 or p > 0.95 else 0.15)


def test_planned_units__always_valid__rounds_up_per_variant() -> None:
    assert planned_units(1000.1, n_variants=3, monitoring=Monitoring.FIXED) == 3003
    assert planned_units(1000, n_variants=2, monitoring=Monitoring.ALWAYS_VALID) == 3440


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_required_n__impossible_sigma__raises(bad: float) -> None:
    for call in (required_n_mean, required_n_mean_t, required_n_non_inferiority, lehr_n):
        with pytest.raises(InvalidInputError):
            call(bad, 0.1)


@pytest.mark.parametrize("bad", [0.0, math.nan, math.inf])
def test_required_n__impossible_effect__raises(bad: float) -> None:
    for call in (required_n_mean, required_n_mean_t, required_n_non_inferiority, lehr_n):
        with pytest.raises(InvalidInputError):
            call(1.0, bad)


@pytest.mark.parametrize(
    ("p", "q"), [(0.05, 0.05), (0, 0.1), (0.1, 1), (-0.1, 0.2), (math.nan, 0.1), (0.1, math.inf)]
)
def test_required_n_binary__no_two_shares__raises(p: float, q: float) -> None:
    with pytest.raises(InvalidInputError):
        required_n_binary(p, q)


@pytest.mark.parametrize("share", [0.5, 0.0, 1.0, math.nan])
def test_required_n_preference__no_preference__raises(share: float) -> None:
    with pytest.raises(InvalidInputError):
        required_n_preference(share)


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, math.nan, math.inf])
def test_required_n__impossible_power_or_alpha__raises(bad: float) -> None:
    for settings in ({"power": bad}, {"alpha": bad}):
        with pytest.raises(InvalidInputError):
            required_n_mean(1, 0.2, **settings)
        with pytest.raises(InvalidInputError):
            required_n_preference(0.51, **settings)


@pytest.mark.parametrize(("n", "variants"), [(0.0, 2), (math.inf, 2), (math.nan, 2), (10.0, 1)])
def test_planned_units__nothing_to_plan__raises(n: float, variants: int) -> None:
    with pytest.raises(InvalidInputError):
        planned_units(n, n_variants=variants, monitoring=Monitoring.FIXED)
