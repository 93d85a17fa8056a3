"""The one entry point: agreement of its parts, and the contract for what cannot be computed."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare, compare_estimates
from analytics.stats.moments import Moments
from analytics.stats.results import (
    Comparison,
    Estimate,
    Kind,
    Monitoring,
    Status,
    WarningCode,
    to_plain,
)

SHARE_A, SHARE_B = Moments(10_000, 500, 500), Moments(10_000, 560, 560)


def _shares(x_a: int, n_a: int, x_b: int, n_b: int, monitoring: Monitoring) -> Comparison:
    return compare(
        Kind.BINARY, Moments(n_a, x_a, x_a), Moments(n_b, x_b, x_b), monitoring=monitoring
    )


def test_compare__fixed_shares__is_the_published_trio() -> None:
    found = compare(Kind.BINARY, SHARE_A, SHARE_B, monitoring=Monitoring.FIXED)

    assert (found.status, found.lift_status, found.n) == (Status.OK, Status.OK, 20_000)
    assert found.statistic == pytest.approx(1.893922788, rel=1e-9)
    assert found.lift == pytest.approx(0.12, rel=1e-9)
    assert found.lift_interval is not None
    assert found.lift_interval.low == pytest.approx(-0.003952354825, rel=1e-6)
    assert found.lift_interval.high == pytest.approx(0.2604218104, rel=1e-8)


def test_compare__always_valid_shares__is_the_published_sequence() -> None:
    found = compare(Kind.BINARY, SHARE_A, SHARE_B, planned_n=20_000)

    assert found.critical_value == pytest.approx(3.035208990, rel=1e-9)
    assert found.p_value == pytest.approx(0.6079147016, rel=1e-8)
    assert found.interval is not None
    assert found.interval.low == pytest.approx(-0.003615626393, rel=1e-8)
    assert found.lift_interval is not None
    assert found.lift_interval.low == pytest.approx(-0.06637983851, rel=1e-7)
    assert found.lift_interval.high == pytest.approx(0.3462867311, rel=1e-8)


def test_compare__fixed_means__uses_one_t_for_effect_and_lift() -> None:
    found = compare_estimates(
        Kind.MEAN,
        Estimate(5200, 12.40, 310.25 / 5200),
        Estimate(5100, 12.95, 342.16 / 5100),
        monitoring=Monitoring.FIXED,
    )

    assert found.df == pytest.approx(10250.17605, rel=1e-9)
    assert found.p_value == pytest.approx(0.1224167583, rel=1e-8)
    assert found.interval is not None
    assert found.interval.high == pytest.approx(1.247878191, rel=1e-8)


def test_compare__fixed_ratios__uses_the_delta_method() -> None:
    found = compare(
        Kind.RATIO,
        Moments(1000, 550, 1250, 11000, 242000, 9900),
        Moments(1000, 640, 1520, 11100, 246000, 11000),
        monitoring=Monitoring.FIXED,
    )

    assert found.p_value == pytest.approx(0.05437437089, rel=1e-8)
    assert found.lift_interval is not None
    assert found.lift_interval.low == pytest.approx(-0.002686407710, rel=1e-6)


@given(
    kind=st.sampled_from([Kind.BINARY, Kind.MEAN, Kind.RATIO]),
    monitoring=st.sampled_from(list(Monitoring)),
    means=st.tuples(st.floats(0.05, 2), st.floats(0.05, 2)),
    errors=st.tuples(st.floats(1e-4, 0.2), st.floats(1e-4, 0.2)),
    sizes=st.tuples(st.integers(500, 10**6), st.integers(500, 10**6)),
    planned_n=st.one_of(st.none(), st.integers(1, 10**7)),
    alpha=st.sampled_from([0.01, 0.05, 0.1]),
)
def test_compare__any_data__p_interval_and_lift_never_disagree(
    kind: Kind,
    monitoring: Monitoring,
    means: tuple[float, float],
    errors: tuple[float, float],
    sizes: tuple[int, int],
    planned_n: int | None,
    alpha: float,
) -> None:
    a, b = (Estimate(n, m, s**2) for n, m, s in zip(sizes, means, errors, strict=True))
    found = compare_estimates(kind, a, b, monitoring=monitoring, alpha=alpha, planned_n=planned_n)

    assert found.interval is not None
    assert found.p_value is not None
    assert found.critical_value is not None
    if abs(abs(found.statistic or 0) - found.critical_value) < 1e-6:
        return  # on the edge itself rounding decides
    is_told_apart = found.p_value < alpha
    assert found.interval.excludes(0) == is_told_apart
    if found.lift_interval is not None:
        assert found.lift_interval.excludes(0) == is_told_apart


@given(
    ys=st.lists(st.integers(0, 50), min_size=6, max_size=40),
    scale=st.integers(1, 10**9),
    monitoring=st.just(Monitoring.FIXED),
)
def test_compare__money_in_smaller_units__changes_no_verdict(
    ys: list[int], scale: int, monitoring: Monitoring
) -> None:
    a, b = ys[::2], [y + 1 for y in ys[1::2]]
    plain = compare(
        Kind.MEAN, Moments.from_values(a), Moments.from_values(b), monitoring=monitoring
    )
    scaled = compare(
        Kind.MEAN,
        Moments.from_values([y * scale for y in a]),
        Moments.from_values([y * scale for y in b]),
        monitoring=monitoring,
    )

    assert scaled.status is plain.status
    if plain.p_value is not None and scaled.p_value is not None:
        assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-9)
    if plain.lift is not None and scaled.lift is not None:
        assert scaled.lift == pytest.approx(plain.lift, rel=1e-9, abs=1e-12)


def test_compare__shares_as_means__nearly_agree(rng: np.random.Generator) -> None:
    a, b = (Moments.from_values(list(rng.binomial(1, 0.3, 5000))) for _ in range(2))
    share, mean = (
        compare(kind, a, b, monitoring=Monitoring.FIXED) for kind in (Kind.BINARY, Kind.MEAN)
    )

    assert share.p_value == pytest.approx(mean.p_value, rel=1e-2)


# The outcome contract: what cannot be computed is null and says why.


@pytest.mark.parametrize("kind", [Kind.BINARY, Kind.MEAN, Kind.RATIO])
@pytest.mark.parametrize("n", [0, 1])
def test_contract__fewer_than_two_units__is_insufficient(kind: Kind, n: int) -> None:
    few = Moments.from_values([1] * n, [1] * n)
    found = compare(kind, few, Moments(600, 60, 60, 600, 600, 60), monitoring=Monitoring.FIXED)

    assert (found.status, found.lift_status) == (Status.INSUFFICIENT_DATA,) * 2
    assert (found.effect, found.se, found.p_value, found.interval) == (None,) * 4
    assert found.control.value == (None if n == 0 else 1)
    assert found.treatment.value == 0.1


@pytest.mark.parametrize(
    ("x", "n", "expected"),
    [
        (99, 499, Status.INSUFFICIENT_DATA),
        (100, 499, Status.OK),
        (3, 500, Status.OK),
        (3, 499, Status.INSUFFICIENT_DATA),
    ],
)
def test_contract__before_the_start_of_monitoring__is_insufficient(
    x: int, n: int, expected: Status
) -> None:
    found = _shares(x, n, 400, 4000, Monitoring.ALWAYS_VALID)

    assert found.status is expected
    assert (found.interval is None) == (expected is Status.INSUFFICIENT_DATA)
    assert _shares(x, n, 400, 4000, Monitoring.FIXED).status is Status.OK


@pytest.mark.parametrize(("kind", "n", "is_ok"), [(Kind.MEAN, 499, False), (Kind.MEAN, 500, True)])
def test_contract__mean_before_the_start_of_monitoring__counts_units(
    kind: Kind, n: int, is_ok: bool
) -> None:
    few, many = Moments.from_values([0, 300] * (n // 2) + [0] * (n % 2)), Moments(900, 900, 9000)

    assert (compare(kind, few, many).status is Status.OK) == is_ok


@pytest.mark.parametrize(("x_a", "x_b", "effect"), [(0, 0, 0.0), (600, 600, 0.0), (600, 0, -1.0)])
def test_contract__both_variances_zero__gives_the_difference_alone(
    x_a: int, x_b: int, effect: float
) -> None:
    found = _shares(x_a, 600, x_b, 600, Monitoring.ALWAYS_VALID)

    assert (found.status, found.effect) == (Status.ZERO_VARIANCE, effect)
    assert (found.se, found.p_value, found.interval, found.lift_interval) == (None,) * 4
    expected = Status.ZERO_VARIANCE if x_a else Status.ZERO_BASELINE
    assert (found.lift_status, found.lift) == (expected, effect if x_a else None)


def test_contract__one_variance_zero__is_computed_with_a_warning() -> None:
    found = _shares(600, 600, 500, 600, Monitoring.FIXED)

    assert found.status is Status.OK
    assert WarningCode.ONE_ZERO_VARIANCE in found.warnings
    assert found.interval is not None


def test_contract__control_of_zero__keeps_the_effect_without_a_lift() -> None:
    found = _shares(0, 600, 50, 600, Monitoring.FIXED)

    assert (found.status, found.lift_status) == (Status.OK, Status.ZERO_BASELINE)
    assert (found.lift, found.lift_interval) == (None, None)
    assert found.interval is not None


def test_contract__unbounded_lift__gives_the_point_alone() -> None:
    found = _shares(2, 500, 5, 500, Monitoring.FIXED)

    assert (found.status, found.lift_status) == (Status.OK, Status.UNBOUNDED)
    assert found.lift == pytest.approx(1.5)
    assert found.lift_interval is None
    assert found.interval is not None


def test_contract__nothing_in_the_denominator__is_null() -> None:
    found = compare(Kind.RATIO, Moments(600, 0, 0), Moments(600, 6, 6, 60, 60, 6))

    assert (found.status, found.lift_status) == (Status.ZERO_DENOMINATOR,) * 2
    assert (found.control.value, found.effect, found.p_value) == (None, None, None)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 2.0, float("nan")])
def test_contract__alpha_outside_zero_and_one__raises(alpha: float) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        compare(Kind.BINARY, SHARE_A, SHARE_B, alpha=alpha)


def test_contract__caller_mistakes__raise() -> None:
    with pytest.raises(InvalidInputError):
        compare(Kind.BINARY, SHARE_A, SHARE_B, planned_n=0)
    with pytest.raises(InvalidInputError):
        compare(Kind.BINARY, Moments.from_values([0, 3]), SHARE_B)
    with pytest.raises(InvalidInputError, match="quantile"):
        compare(Kind.QUANTILE, SHARE_A, SHARE_B)
    with pytest.raises(InvalidInputError):
        Estimate(-1, None, None)
    with pytest.raises(InvalidInputError):
        Estimate(10, 1.0, -1.0)


def test_contract__not_a_number__becomes_null_in_json() -> None:
    plain = to_plain({"a": [float("nan"), float("inf"), np.float64(1.5)], "b": None})

    assert plain == {"a": [None, None, 1.5], "b": None}


@pytest.mark.parametrize("monitoring", list(Monitoring))
@pytest.mark.parametrize("x", [0, 3, 560])
def test_comparison__to_dict__is_strict_json(monitoring: Monitoring, x: int) -> None:
    found = _shares(0, 10_000, x, 10_000, monitoring)
    text = json.dumps(found.to_dict(), allow_nan=False)

    assert json.loads(text)["status"] == found.status.value
    assert json.loads(text)["control"] == {"n": 10_000, "value": 0.0, "variance": 0.0}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ((500, 10_000, 560, 10_000), set()),
        ((99, 10_000, 560, 10_000), {WarningCode.SMALL_SAMPLE}),
        ((900, 9_000, 100, 1_000), {WarningCode.UNEQUAL_SPLIT}),
        ((45_000, 90_000, 5_000, 10_000), set()),
    ],
    ids=["sound", "few conversions", "uneven and skewed", "uneven without skewness"],
)
def test_warnings__shares__name_what_weakens_them(
    table: tuple[int, int, int, int], expected: set[WarningCode]
) -> None:
    assert set(_shares(*table, Monitoring.FIXED).warnings) == expected


def test_warnings__uneven_means__cannot_rule_out_skewness() -> None:
    values = [0, 1, 5] * 300
    found = compare(Kind.MEAN, Moments.from_values(values * 9), Moments.from_values(values))

    assert found.warnings == (WarningCode.UNEQUAL_SPLIT,)


@pytest.mark.parametrize(("skewness", "is_warned"), [((9.0, 1.5), False), ((1.5, 9.0), True)])
def test_warnings__uneven_means_of_known_skewness__look_at_the_smaller_variant(
    skewness: tuple[float, float], is_warned: bool
) -> None:
    values = [0, 1, 5] * 300
    control, treatment = Moments.from_values(values * 9), Moments.from_values(values)
    found = compare(Kind.MEAN, control, treatment, skewness=skewness)

    assert (WarningCode.UNEQUAL_SPLIT in found.warnings) == is_warned


def test_compare__sums_of_huge_money__stays_finite() -> None:
    a, b = (Moments.from_values([10**24, 3 * 10**24, k * 10**24] * 300) for k in (2, 5))

    found = compare(Kind.MEAN, a, b)

    assert math.isfinite(found.p_value or math.nan)
    assert found.lift == pytest.approx(0.5)
