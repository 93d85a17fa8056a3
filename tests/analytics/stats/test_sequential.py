"""The always-valid critical value, p-value and tuning."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.effects import effect_test
from analytics.stats.lift import fieller_lift
from analytics.stats.proportions import share_estimate
from analytics.stats.references import NormalReference
from analytics.stats.sequential import (
    SequentialReference,
    confidence_sequence,
    exact_tuning,
    log_e_value,
    one_sided_critical_value,
    one_sided_log_e_value,
    one_sided_p_value,
    running_minimum,
    sequential_critical_value,
    sequential_p_value,
    tuning,
)

SHARES = (share_estimate(500, 10000), share_estimate(560, 10000))


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.1, 3.855054634),
        (0.25, 3.264293372),
        (0.5, 3.083568714),
        (1, 3.035208990),
        (2, 3.061477219),
    ],
)
def test_critical_value__share_of_plan__gives_the_published_value(
    share: float, expected: float
) -> None:
    n = int(share * 100_000)

    # ▸ §8
    assert sequential_critical_value(n, rho2=tuning(100_000)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("alpha", "phi"), [(0.05, 7.936154602), (0.01, 11.53374), (0.1, 6.328860)])
def test_tuning__alpha__gives_the_published_optimum(alpha: float, phi: float) -> None:
    assert tuning(1, alpha=alpha) == pytest.approx(phi, rel=1e-6)


@pytest.mark.parametrize(("planned", "rho"), [(None, 0.03984006677), (100_000, 0.008908509753)])
def test_tuning__planned_n__gives_the_published_rho(planned: int | None, rho: float) -> None:
    # ▸ §8
    assert math.sqrt(tuning(planned)) == pytest.approx(rho, rel=1e-9)


@pytest.mark.parametrize(
    ("planned", "low", "high", "p_value"),
    [
        (20_000, -0.003615626393, 0.01561562639, 0.6079147016),
        (100_000, -0.004656889756, 0.01665688976, 0.5352740549),
    ],
)
def test_sequence__reference_shares__gives_the_published_interval(
    planned: int, low: float, high: float, p_value: float
) -> None:
    test = effect_test(*SHARES, SequentialReference(0.05, 20_000, planned))

    # ▸ §8 (its Fieller interval is asserted below)
    assert (test.interval.low, test.interval.high) == pytest.approx((low, high), rel=1e-8)
    assert test.p_value == pytest.approx(p_value, rel=1e-8)


def test_one_sided__reference_shares__gives_the_published_half_width() -> None:
    critical = one_sided_critical_value(20_000, rho2=tuning(20_000, alpha=0.1), alpha=0.05)

    # ▸ §8
    assert critical * 0.003168027778 == pytest.approx(0.008804247734, rel=1e-8)


@given(z=st.floats(-40, 40), n=st.integers(1, 10**9), planned=st.integers(1, 10**9))
def test_p_value__any_look__is_below_alpha_exactly_beyond_the_critical_value(
    z: float, n: int, planned: int
) -> None:
    reference = SequentialReference(0.05, n, planned)
    gap = abs(z) - reference.critical_value

    assert 0 <= reference.p_value(z) <= 1
    if abs(gap) > 1e-9:
        assert (reference.p_value(z) < 0.05) == (gap > 0)


@given(z=st.floats(-40, 40), n=st.integers(1, 10**8), alpha=st.floats(0.001, 0.4))
def test_one_sided_p__any_look__is_below_alpha_exactly_beyond_the_critical_value(
    z: float, n: int, alpha: float
) -> None:
    rho2 = tuning(5000, alpha=0.1)
    gap = z - one_sided_critical_value(n, rho2=rho2, alpha=alpha)

    if abs(gap) > 1e-9:
        assert (one_sided_p_value(z, n, rho2=rho2) < alpha) == (gap > 0)


def test_p_value__overwhelming_evidence__does_not_overflow() -> None:
    assert sequential_p_value(200, 10**6, rho2=tuning(10**6)) == 0
    assert log_e_value(200, 10**6, rho2=tuning(10**6)) == pytest.approx(17760, rel=1e-3)


def test_running_minimum__later_larger_p__keeps_the_smallest() -> None:
    assert running_minimum([0.4, 0.03, 0.2]) == [0.4, 0.03, 0.03]


@pytest.mark.parametrize("planned", [0, -5])
def test_tuning__no_planned_units__raises(planned: int) -> None:
    with pytest.raises(InvalidInputError):
        tuning(planned)


def test_fieller__reference_critical_value__gives_the_published_limits() -> None:
    lift = fieller_lift(*SHARES, critical_value=sequential_critical_value(1, rho2=tuning(1)))

    assert lift.interval is not None
    assert lift.interval.low == pytest.approx(-0.06637983851, rel=1e-8)
    assert lift.interval.high == pytest.approx(0.3462867311, rel=1e-8)


def test_exact_tuning__default_alpha__is_the_optimum_and_hardly_narrower() -> None:
    exact, closed = exact_tuning(1), tuning(1)
    grid = exact * np.linspace(0.5, 2, 1001)
    widths = [sequential_critical_value(1, rho2=float(each)) for each in grid]
    narrowest = sequential_critical_value(1, rho2=exact)

    assert exact == pytest.approx(8.211968062, rel=1e-9)
    assert min(widths) >= narrowest * (1 - 1e-12)
    assert 0 < sequential_critical_value(1, rho2=closed) / narrowest - 1 < 4e-5


def test_confidence_sequence__reference_shares__agrees_with_its_parts() -> None:
    found = confidence_sequence(0.006, 0.003168027778, n=20_000, planned_n=20_000)

    assert found.p_value == pytest.approx(0.6079147016, rel=1e-7)
    assert found.log_e_value == pytest.approx(-math.log(0.6079147016), rel=1e-7)
    assert 0.006 - found.lower_bound == pytest.approx(0.008804247734, rel=1e-8)
    assert found.to_dict()["n"] == 20_000


@given(z=st.floats(-30, 30), n=st.integers(1, 10**8))
def test_one_sided_e_value__any_look__is_at_least_one_over_p(z: float, n: int) -> None:
    rho2 = tuning(5000, alpha=0.1)

    log_e = one_sided_log_e_value(z, n, rho2=rho2)
    p_value = one_sided_p_value(z, n, rho2=rho2)

    assert math.isfinite(log_e)
    if 0 < p_value < 1:
        assert log_e >= -math.log(p_value) - 1e-9


@given(n=st.integers(1, 10**12), planned=st.integers(1, 10**12), alpha=st.floats(0.001, 0.5))
def test_sequence__any_look__contains_the_fixed_interval(
    n: int, planned: int, alpha: float
) -> None:
    assert (
        SequentialReference(alpha, n, planned).critical_value
        > NormalReference(alpha).critical_value
    )


@given(alpha=st.floats(0.001, 0.4), n=st.integers(1, 10**9))
def test_sequence__smaller_alpha__contains_the_larger(alpha: float, n: int) -> None:
    rho2 = tuning(5000)

    assert sequential_critical_value(n, rho2=rho2, alpha=alpha / 2) > sequential_critical_value(
        n, rho2=rho2, alpha=alpha
    )


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_confidence_sequence__not_finite__raises(bad: float) -> None:
    with pytest.raises(InvalidInputError):
        confidence_sequence(bad, 1.0, n=100)
    with pytest.raises(InvalidInputError):
        confidence_sequence(1.0, bad, n=100)
    with pytest.raises(InvalidInputError):
        sequential_critical_value(100, rho2=bad)


@pytest.mark.parametrize(("se", "n"), [(0.0, 100), (-1.0, 100), (1.0, 0), (1.0, -3)])
def test_confidence_sequence__no_error_or_units__raises(se: float, n: int) -> None:
    with pytest.raises(InvalidInputError):
        confidence_sequence(1.0, se, n=n)
