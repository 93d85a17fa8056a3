"""Required units, detectable effects and non-inferiority."""

import math

import numpy as np
import pytest
from statsmodels.stats.power import zt_ind_solve_power

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare
from analytics.stats.moments import Moments
from analytics.stats.noninferiority import non_inferiority, non_inferiority_statistic
from analytics.stats.power import (
    mde_absolute,
    mde_lift,
    planned_units,
    required_n_binary,
    required_n_mean,
    required_n_non_inferiority,
)
from analytics.stats.proportions import share_estimate, unpooled_test
from analytics.stats.references import upper_tail
from analytics.stats.results import Direction, Estimate, Kind, Monitoring, Status


def test_required_n_mean__reference_effect__gives_the_published_values() -> None:
    control = required_n_mean(1, 0.2, ratio=1 / 9)

    assert required_n_mean(1, 0.2) == pytest.approx(392.4439867, rel=1e-9)
    assert control == pytest.approx(1962.219934, rel=1e-9)
    assert control * (1 + 1 / 9) == pytest.approx(2180.244371, rel=1e-9)
    assert required_n_mean(1, 0.2) * 0.04 / 2 == pytest.approx(7.848879734, rel=1e-9)


def test_required_n_mean__equal_variants__agrees_with_statsmodels() -> None:
    expected = zt_ind_solve_power(effect_size=0.2, alpha=0.05, power=0.8)

    assert required_n_mean(1, 0.2) == pytest.approx(expected, rel=1e-5)


def test_required_n_binary__reference_shares__gives_the_published_value() -> None:
    assert required_n_binary(0.05, 0.055) == pytest.approx(31230.69246, rel=1e-9)


def test_required_n_mean__ratio_metric__gives_the_published_value() -> None:
    sigma = math.sqrt(0.007155916247)

    assert required_n_mean(sigma, 0.05 * 0.05) == pytest.approx(17973.09632, rel=1e-8)


def test_required_n_non_inferiority__reference_share__gives_the_published_value() -> None:
    sigma = math.sqrt(0.05 * 0.95)

    assert required_n_non_inferiority(sigma, 0.005) == pytest.approx(23493.71748, rel=1e-9)


def test_mde__reference_revenue__gives_the_published_lift() -> None:
    variant = Estimate(50_000, 2.5, 40**2 / 50_000)

    assert mde_absolute(variant, variant) / 2.5 == pytest.approx(0.2835004911, rel=1e-9)


def test_mde_lift__always_valid__pays_for_its_looks() -> None:
    a, b = Moments(10_000, 500, 500), Moments(10_000, 560, 560)
    fixed, watched = (
        compare(Kind.BINARY, a, b, monitoring=each)
        for each in (Monitoring.FIXED, Monitoring.ALWAYS_VALID)
    )

    assert mde_lift(fixed) == pytest.approx(2.801585218 * 0.003168027778 / 0.05, rel=1e-8)
    assert (mde_lift(watched) or 0) / (mde_lift(fixed) or 1) == pytest.approx(math.sqrt(1.72))


def test_mde_lift__no_error__is_none() -> None:
    assert mde_lift(compare(Kind.BINARY, Moments(600, 0, 0), Moments(600, 0, 0))) is None


def test_planned_units__always_valid__rounds_up_per_variant() -> None:
    assert planned_units(1000.1, n_variants=3, monitoring=Monitoring.FIXED) == 3003
    assert planned_units(1000, n_variants=2, monitoring=Monitoring.ALWAYS_VALID) == 3440


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_required_n__impossible_sigma__raises(bad: float) -> None:
    with pytest.raises(InvalidInputError):
        required_n_mean(bad, 0.1)


def test_required_n_binary__equal_shares__raises() -> None:
    with pytest.raises(InvalidInputError):
        required_n_binary(0.05, 0.05)


def test_non_inferiority__reference_shares__gives_the_published_values() -> None:
    statistic = non_inferiority_statistic(
        share_estimate(500, 10000), share_estimate(495, 10000), margin=0.02
    )
    comparison = compare(
        Kind.BINARY, Moments(10000, 500, 500), Moments(10000, 495, 495), monitoring=Monitoring.FIXED
    )
    finding = non_inferiority(comparison, margin=0.02)

    assert statistic == pytest.approx(0.1642492336, rel=1e-8)
    assert finding.statistic == pytest.approx(statistic)
    assert finding.p_value == pytest.approx(0.4347674723, rel=1e-8)
    assert not finding.is_shown
    assert not finding.is_exceeded


def test_non_inferiority__absolute_margin_reference__gives_the_published_values() -> None:
    a, b = share_estimate(500, 10000), share_estimate(495, 10000)
    test = unpooled_test(a, b)
    z = (test.effect + 0.001) / test.se

    assert z == pytest.approx(0.1626072151, rel=1e-8)
    assert upper_tail(z) == pytest.approx(0.4354138529, rel=1e-8)


@pytest.mark.parametrize("monitoring", list(Monitoring))
@pytest.mark.parametrize("direction", list(Direction))
def test_non_inferiority__any_outcome__agrees_with_the_worst_lift(
    monitoring: Monitoring, direction: Direction, rng: np.random.Generator
) -> None:
    for x in rng.integers(1800, 2200, 60):
        comparison = compare(
            Kind.BINARY, Moments(20000, 2000, 2000), Moments(20000, x, x), monitoring=monitoring
        )
        finding = non_inferiority(comparison, margin=0.05, direction=direction)

        assert finding.worst_lift is not None
        assert finding.p_value is not None
        assert finding.is_shown == (direction.sign * finding.worst_lift > -0.05)
        assert finding.is_shown == (finding.p_value < 0.05)


def test_non_inferiority__clear_harm__is_exceeded() -> None:
    a, b = Moments(20000, 2000, 2000), Moments(20000, 2600, 2600)

    finding = non_inferiority(compare(Kind.BINARY, a, b), margin=0.05, direction=Direction.DOWN)

    assert finding.is_exceeded
    assert not finding.is_shown


def test_non_inferiority__fault_appears_only_with_treatment__is_exceeded() -> None:
    a, b = Moments(20000, 0, 0), Moments(20000, 300, 300)

    finding = non_inferiority(compare(Kind.BINARY, a, b), margin=0.05, direction=Direction.DOWN)

    assert finding.is_exceeded
    assert finding.worst_lift is None


def test_non_inferiority__fault_never_seen__is_shown() -> None:
    never = Moments(20000, 0, 0)

    finding = non_inferiority(
        compare(Kind.BINARY, never, never), margin=0.05, direction=Direction.DOWN
    )

    assert (finding.status, finding.is_shown) == (Status.ZERO_VARIANCE, True)


def test_non_inferiority__negative_control_value__keeps_the_limit_below_it() -> None:
    control, worse = Estimate(1000, -10.0, 0.01), Estimate(1000, -12.0, 0.01)

    assert non_inferiority_statistic(control, worse, margin=0.1) < 0
    assert non_inferiority_statistic(control, control, margin=0.1) > 0


@pytest.mark.parametrize("margin", [-0.1, 1.0, float("nan")])
def test_non_inferiority__impossible_margin__raises(margin: float) -> None:
    with pytest.raises(InvalidInputError):
        non_inferiority_statistic(share_estimate(5, 10), share_estimate(4, 10), margin=margin)
