"""CUPED: published figures, invariants, covariates that say nothing or too much."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.effects import judged_effect
from analytics.stats.lift import delta_effect_lift
from analytics.stats.references import NormalReference, upper_quantile
from analytics.stats.results import Kind, Monitoring, Status
from analytics.stats.samples import Sample
from analytics.stats.variance.cuped import CupedComparison, adjusted_means, compare_cuped
from analytics.stats.variance.theta import pooled_theta

A = Sample.from_variances(
    4000, {"y": 10.2, "x": 9.8}, {("y", "y"): 400, ("x", "x"): 361, ("y", "x"): 247}
)
B = Sample.from_variances(
    4100, {"y": 10.9, "x": 10.1}, {("y", "y"): 410, ("x", "x"): 365, ("y", "x"): 250}
)


def _compare(*samples: Sample, **settings: Any) -> CupedComparison:
    covariates = settings.pop("covariates", ("x",))
    return compare_cuped(samples, covariates=covariates, monitoring=Monitoring.FIXED, **settings)[0]


def _units(rng: np.random.Generator, n: int, shift: float = 0.0) -> dict[str, Any]:
    x, z = rng.normal(50, 20, n), rng.exponential(3, n)
    return {"y": 0.7 * x - 2 * z + rng.normal(shift, 10, n), "x": x, "z": z}


def test_cuped__reference_moments__gives_the_published_adjustment() -> None:
    theta = pooled_theta([A, B], outcome="y", covariates=["x"])
    a, b = adjusted_means([A, B], theta)
    found = _compare(A, B)

    # ▸ §7
    assert theta.values[0] == pytest.approx(0.6845774539, rel=1e-9)
    assert a.estimate.value == pytest.approx(10.30395435, rel=1e-9)
    assert b.estimate.value == pytest.approx(10.79858112, rel=1e-9)
    assert (a.estimate.variance or 0) * 4000 == pytest.approx(231.0000486, rel=1e-9)
    assert (b.estimate.variance or 0) * 4100 == pytest.approx(238.7671690, rel=1e-9)
    assert found.comparison.effect == pytest.approx(0.4946267638, rel=1e-8)
    assert found.comparison.se == pytest.approx(0.3405670375, rel=1e-9)
    assert found.comparison.statistic == pytest.approx(1.452362411, rel=1e-8)
    assert found.raw.statistic == pytest.approx(1.565247584, rel=1e-9)
    assert found.variance_ratio == pytest.approx(0.5799295352, rel=1e-9)
    test = judged_effect(
        found.comparison.effect or 0, found.comparison.se or 0, NormalReference(0.05)
    )
    assert test.p_value == pytest.approx(0.1464008622, rel=1e-8)


def test_cuped_lift__reference_moments__gives_the_published_interval() -> None:
    theta = pooled_theta([A, B], outcome="y", covariates=["x"])
    a, b = adjusted_means([A, B], theta)
    effect = (b.estimate.value or 0) - (a.estimate.value or 0)
    variance = (b.estimate.variance or 0) + (a.estimate.variance or 0)

    lift = delta_effect_lift(
        effect,
        variance,
        a.raw,
        covariance=-(a.covariance or 0),
        critical_value=upper_quantile(0.025),
    )

    # ▸ §7
    assert lift.value == pytest.approx(0.04849281998, rel=1e-8)
    assert lift.se == pytest.approx(0.03421832475, rel=1e-9)
    assert lift.interval is not None
    assert lift.interval.low == pytest.approx(-0.01857386414, rel=1e-7)
    assert lift.interval.high == pytest.approx(0.1155595041, rel=1e-8)


def test_cuped_lift__many_units__is_close_to_first_order() -> None:
    found = _compare(A, B).comparison

    assert found.lift == pytest.approx(0.04849281998, rel=1e-8)
    assert found.lift_interval is not None
    assert found.lift_interval.low == pytest.approx(-0.01857386414, abs=3e-3)
    assert found.lift_interval.high == pytest.approx(0.1155595041, abs=3e-3)


@given(
    effect=st.floats(-30, 30),
    correlation=st.floats(-0.95, 0.95),
    monitoring=st.sampled_from(list(Monitoring)),
    alpha=st.sampled_from([0.01, 0.05, 0.1]),
)
def test_cuped__any_data__p_interval_and_lift_never_disagree(
    effect: float, correlation: float, monitoring: Monitoring, alpha: float
) -> None:
    spread = {("y", "y"): 400.0, ("x", "x"): 100.0, ("y", "x"): 200 * correlation}
    a = Sample.from_variances(700, {"y": 50.0, "x": 3.0}, spread)
    b = Sample.from_variances(900, {"y": 50.0 + effect, "x": 3.2}, spread)
    (found,) = compare_cuped([a, b], covariates=["x"], monitoring=monitoring, alpha=alpha)
    result = found.comparison

    assert result.interval is not None
    if abs(abs(result.statistic or 0) - (result.critical_value or 0)) < 1e-6:
        return  # on the edge itself rounding decides
    assert result.interval.excludes(0) == ((result.p_value or 0) < alpha)
    if result.lift_interval is not None:
        assert result.lift_interval.excludes(0) == result.interval.excludes(0)


def test_cuped__variants_exchanged__flips_the_effect(rng: np.random.Generator) -> None:
    a, b = (Sample.from_columns(_units(rng, 600, shift)) for shift in (0, 2))
    there, back = _compare(a, b, covariates=("x", "z")), _compare(b, a, covariates=("x", "z"))

    assert there.comparison.effect == pytest.approx(-(back.comparison.effect or 0), rel=1e-9)
    assert there.comparison.p_value == pytest.approx(back.comparison.p_value, rel=1e-9)


def test_cuped__money_in_cents__scales_effect_and_keeps_p(rng: np.random.Generator) -> None:
    a, b = _units(rng, 600), _units(rng, 600, 2)
    euros, cents = (
        _compare(
            *(
                Sample.from_columns({name: values * scale for name, values in each.items()})
                for each in (a, b)
            ),
            covariates=("x", "z"),
        ).comparison
        for scale in (1, 100)
    )

    assert cents.effect == pytest.approx(100 * (euros.effect or 0), rel=1e-9)
    assert cents.p_value == pytest.approx(euros.p_value, rel=1e-8)
    assert cents.lift == pytest.approx(euros.lift, rel=1e-9)


def test_cuped__several_covariates__are_the_within_variant_regression(
    rng: np.random.Generator,
) -> None:
    arms = [_units(rng, 500), _units(rng, 800, 3)]
    stacked = [np.concatenate([each[name] - each[name].mean() for each in arms]) for name in "yxz"]
    expected, *_ = np.linalg.lstsq(np.column_stack(stacked[1:]), stacked[0], rcond=None)

    theta = pooled_theta(
        [Sample.from_columns(each) for each in arms], outcome="y", covariates=["x", "z"]
    )

    assert theta.values == pytest.approx(tuple(expected), rel=1e-9)
    assert not theta.is_ridged


def test_cuped__several_treatments__share_one_theta(rng: np.random.Generator) -> None:
    samples = [Sample.from_columns(_units(rng, 600, shift)) for shift in (0, 1, 4)]
    found = compare_cuped(samples, covariates=["x"], monitoring=Monitoring.FIXED)

    assert len({each.theta for each in found}) == 1
    assert [each.comparison.n for each in found] == [1200, 1200]


def test_cuped__constant_covariate__is_the_unadjusted_result() -> None:
    arms = [Sample.from_columns({"y": y, "x": [0.1, 0.1, 0.1]}) for y in ([1, 2, 4], [2, 5, 6])]
    found = _compare(*arms)

    assert found.theta.dropped == ("x",)
    assert found.comparison == found.raw
    assert (found.comparison.status, found.variance_ratio) == (Status.OK, 1.0)


def test_cuped__repeated_covariate__is_ridged_and_as_good_as_one(
    rng: np.random.Generator,
) -> None:
    arms = [_units(rng, 600, shift) for shift in (0, 2)]
    twice = [Sample.from_columns({**each, "z": each["x"] * 1000}) for each in arms]
    one, both = _compare(*twice), _compare(*twice, covariates=("x", "z"))

    assert both.theta.is_ridged
    assert both.comparison.effect == pytest.approx(one.comparison.effect, rel=1e-6)
    assert both.comparison.se == pytest.approx(one.comparison.se, rel=1e-6)


def test_cuped__covariate_explains_everything__is_zero_variance(rng: np.random.Generator) -> None:
    arms = [rng.normal(9, 2, 400), rng.normal(9, 2, 400)]
    found = _compare(*(Sample.from_columns({"y": y + i, "x": y}) for i, y in enumerate(arms)))

    assert (found.comparison.status, found.variance_ratio) == (Status.ZERO_VARIANCE, 0.0)
    assert found.comparison.effect == pytest.approx(1.0)
    assert (found.comparison.p_value, found.comparison.interval) == (None, None)


@pytest.mark.parametrize("n", [0, 1])
def test_cuped__too_few_units__is_insufficient(n: int) -> None:
    few = Sample.from_columns({"y": [3.0] * n, "x": [1.0] * n})
    found = _compare(few, A)

    assert found.comparison.status is Status.INSUFFICIENT_DATA
    assert found.variance_ratio is None
    json.dumps(found.to_dict(), allow_nan=False)


def test_cuped__control_of_zero__keeps_the_effect_without_a_lift() -> None:
    found = _compare(
        Sample.from_variances(600, {"y": 0, "x": 1}, {("y", "y"): 1, ("x", "x"): 1}), B
    )

    assert (found.comparison.status, found.comparison.lift_status) == (
        Status.OK,
        Status.ZERO_BASELINE,
    )
    assert found.comparison.lift is None


def test_cuped__binary_metric__watches_conversions() -> None:
    spread = {("y", "y"): 0.16, ("x", "x"): 1.0, ("y", "x"): 0.1}
    few = Sample.from_variances(300, {"y": 0.2, "x": 1.0}, spread)
    (found,) = compare_cuped([few, few], covariates=["x"], kind=Kind.BINARY)

    assert found.comparison.status is Status.INSUFFICIENT_DATA


def test_cuped__adjusted_estimates__are_those_compared() -> None:
    found = _compare(A, B)

    assert found.comparison.control.value == pytest.approx(10.30395435, rel=1e-9)
    assert found.raw.control.value == 10.2


def test_cuped__one_variant_or_unknown_column__raises() -> None:
    with pytest.raises(InvalidInputError, match="two variants"):
        compare_cuped([A], covariates=["x"])
    with pytest.raises(InvalidInputError, match="no column"):
        compare_cuped([A, B], covariates=["w"])
    with pytest.raises(InvalidInputError, match="at least one"):
        pooled_theta([], outcome="y", covariates=[])
    with pytest.raises(InvalidInputError, match="alpha"):
        _compare(A, B, alpha=1.0)
