"""Relative lift and its intervals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.stats.lift import (
    delta_effect_lift,
    delta_lift,
    effect_lift,
    fieller_lift,
    log_delta_lift,
)
from analytics.stats.moments import Moments
from analytics.stats.proportions import share_estimate
from analytics.stats.ratios import ratio_estimate
from analytics.stats.references import upper_quantile
from analytics.stats.results import Estimate, Lift, Status

Z = upper_quantile(0.025)
SHARES = (share_estimate(500, 10000), share_estimate(560, 10000))
MEANS = (Estimate(5200, 12.40, 310.25 / 5200), Estimate(5100, 12.95, 342.16 / 5100))
RATIOS = (
    ratio_estimate(Moments(1000, 550, 1250, 11000, 242000, 9900)),
    ratio_estimate(Moments(1000, 640, 1520, 11100, 246000, 11000)),
)


def _ends(lift: Lift) -> tuple[float, float]:
    assert lift.interval is not None
    return lift.interval.low, lift.interval.high


def test_fieller__reference_data__gives_the_published_values() -> None:
    shares, means, ratios = (
        fieller_lift(*each, critical_value=Z) for each in (SHARES, MEANS, RATIOS)
    )

    # ▸ §3
    # ▸ §3
    # The rest of both lines is asserted by the tests of the other intervals below.
    assert shares.value == pytest.approx(0.12, rel=1e-9)
    assert shares.g == pytest.approx(0.007298771759, rel=1e-9)
    assert _ends(shares) == pytest.approx((-0.003952354825, 0.2604218104), rel=1e-7)
    assert means.value == pytest.approx(0.04435483871, rel=1e-9)
    assert _ends(means) == pytest.approx((-0.01161237293, 0.1034401298), rel=1e-7)
    assert ratios.value == pytest.approx(0.1531531532, rel=1e-9)
    assert _ends(ratios) == pytest.approx((-0.002686407710, 0.3346340242), rel=1e-7)


def test_fieller__sequential_critical_value__gives_the_published_interval() -> None:
    lift = fieller_lift(*SHARES, critical_value=3.035208990)

    assert _ends(lift) == pytest.approx((-0.06637983851, 0.3462867311), rel=1e-8)


def test_delta__reference_data__gives_the_published_values() -> None:
    shares, means, ratios = (
        delta_lift(*each, critical_value=Z) for each in (SHARES, MEANS, RATIOS)
    )

    assert shares.se == pytest.approx(0.06706653413, rel=1e-9)
    assert _ends(shares) == pytest.approx((-0.01144799146, 0.2514479915), rel=1e-8)
    assert means.se == pytest.approx(0.02931801162, rel=1e-9)
    assert _ends(means) == pytest.approx((-0.01310740817, 0.1018170857), rel=1e-8)
    assert _ends(ratios) == pytest.approx((-0.01409193951, 0.3203982458), rel=1e-8)


def test_log_delta__reference_data__gives_the_published_interval() -> None:
    lift = log_delta_lift(*SHARES, critical_value=Z)

    assert _ends(lift) == pytest.approx((-0.004027460720, 0.2594724759), rel=1e-7)


def test_fieller__control_indistinct_from_zero__is_unbounded() -> None:
    lift = fieller_lift(share_estimate(2, 500), share_estimate(5, 500), critical_value=Z)

    # ▸ §3
    assert lift.status is Status.UNBOUNDED
    assert lift.g == pytest.approx(1.913046493, rel=1e-9)
    assert lift.value == pytest.approx(1.5)
    assert lift.interval is None


@pytest.mark.parametrize(("a", "b"), [(0.0, 1.0), (-1.0, 1.0), (-1.0, -2.0), (1.0, -1.0)])
def test_lift__no_positive_baseline__is_zero_baseline(a: float, b: float) -> None:
    for compute in (fieller_lift, delta_lift, log_delta_lift):
        lift = compute(Estimate(100, a, 0.01), Estimate(100, b, 0.01), critical_value=Z)

        assert (lift.status, lift.value, lift.interval) == (Status.ZERO_BASELINE, None, None)


def test_fieller__treatment_of_zero__is_minus_one_with_an_interval() -> None:
    lift = fieller_lift(Estimate(100, 1.0, 0.01), Estimate(100, 0.0, 0.0), critical_value=Z)

    assert lift.value == -1
    assert _ends(lift) == pytest.approx((-1.0, -1.0))


@given(
    value=st.floats(0.5, 2),
    errors=st.tuples(st.floats(0.01, 0.2), st.floats(0.01, 0.2)),
    scale=st.floats(1e-12, 1e12),
)
def test_fieller__metric_rescaled__is_unchanged(
    value: float, errors: tuple[float, float], scale: float
) -> None:
    plain = fieller_lift(
        Estimate(9, 1.0, errors[0] ** 2), Estimate(9, value, errors[1] ** 2), critical_value=Z
    )
    scaled = fieller_lift(
        Estimate(9, scale, (errors[0] * scale) ** 2),
        Estimate(9, value * scale, (errors[1] * scale) ** 2),
        critical_value=Z,
    )

    assert _ends(scaled) == pytest.approx(_ends(plain), rel=1e-9, abs=1e-12)


SIZES = st.one_of(st.just(0.0), st.floats(1e-320, 1e300))


@given(values=st.tuples(SIZES, SIZES), variances=st.tuples(SIZES, SIZES), c=st.floats(0.1, 1e6))
def test_lift__values_at_the_edge_of_a_double__are_finite_or_null(
    values: tuple[float, float], variances: tuple[float, float], c: float
) -> None:
    a, b = (Estimate(9, value, v) for value, v in zip(values, variances, strict=True))
    effect = values[1] - values[0]
    found = [
        compute(a, b, critical_value=c) for compute in (fieller_lift, delta_lift, log_delta_lift)
    ] + [
        compute(effect, variances[1], a, covariance=-variances[0], critical_value=c)
        for compute in (effect_lift, delta_effect_lift)
    ]

    for lift in found:
        ends = () if lift.interval is None else (lift.interval.low, lift.interval.high)
        assert all(math.isfinite(x) for x in (lift.value, lift.se, lift.g, *ends) if x is not None)
        assert (lift.status is Status.OK) == (lift.interval is not None)


@given(
    values=st.tuples(st.floats(0.1, 5), st.floats(0, 5)),
    errors=st.tuples(st.floats(0, 1), st.floats(0.01, 1)),
)
def test_effect_lift__plain_difference__is_fiellers(
    values: tuple[float, float], errors: tuple[float, float]
) -> None:
    a, b = (Estimate(9, value, e * e) for value, e in zip(values, errors, strict=True))
    plain = fieller_lift(a, b, critical_value=Z)
    found = effect_lift(
        values[1] - values[0],
        errors[0] ** 2 + errors[1] ** 2,
        a,
        covariance=-(errors[0] ** 2),
        critical_value=Z,
    )

    assert found.status is plain.status
    if plain.interval is not None and (plain.g or 0) < 0.99:
        assert _ends(found) == pytest.approx(_ends(plain), rel=1e-6, abs=1e-6)
