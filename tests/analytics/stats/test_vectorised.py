"""The array path beside the single one."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare, compare_estimates
from analytics.stats.comparison_arrays import STATUSES
from analytics.stats.moment_arrays import EstimateArrays, MomentArrays
from analytics.stats.moments import CentredMoments, Moments
from analytics.stats.results import Comparison, Estimate, Kind, Monitoring, Status
from analytics.stats.vectorised import compare_arrays

FIELDS = ("effect", "se", "statistic", "df", "critical_value", "p_value", "lift")
VALUES = st.one_of(st.just(0.0), st.floats(-2, 5))
ESTIMATES = st.one_of(
    st.builds(Estimate, st.integers(0, 1), st.none(), st.none()),
    st.builds(Estimate, st.integers(2, 900), st.none(), st.none()),
    st.builds(
        Estimate,
        st.integers(2, 10**12),
        VALUES,
        st.one_of(st.just(0.0), st.floats(1e-8, 4)),
    ),
)


def _assert_close(found: float | None, expected: float | None) -> None:
    assert (found is None) == (expected is None)
    if found is not None:
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-14)


def _assert_same(found: Comparison, expected: Comparison) -> None:
    for name in ("status", "lift_status", "warnings", "control", "treatment", "planned_n"):
        assert getattr(found, name) == getattr(expected, name)
    for name in FIELDS:
        _assert_close(getattr(found, name), getattr(expected, name))
    for name in ("interval", "lift_interval"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert (ours.low, ours.high) == pytest.approx(
                (theirs.low, theirs.high), rel=1e-8, abs=1e-10
            )


@given(
    pairs=st.lists(st.tuples(ESTIMATES, ESTIMATES), min_size=1, max_size=6),
    kind=st.sampled_from([Kind.MEAN, Kind.RATIO, Kind.QUANTILE]),
    monitoring=st.sampled_from(list(Monitoring)),
    alpha=st.sampled_from([0.01, 0.05, 0.2]),
    planned_n=st.one_of(st.none(), st.integers(1, 10**7)),
)
def test_compare_arrays__any_estimates__are_the_single_comparisons(
    pairs: list[tuple[Estimate, Estimate]],
    kind: Kind,
    monitoring: Monitoring,
    alpha: float,
    planned_n: int | None,
) -> None:
    settings: dict[str, Any] = {"monitoring": monitoring, "alpha": alpha, "planned_n": planned_n}
    control, treatment = (EstimateArrays.from_estimates(each) for each in zip(*pairs, strict=True))
    found = compare_arrays(kind, control, treatment, **settings)

    for i, (a, b) in enumerate(pairs):
        _assert_same(found.at(i), compare_estimates(kind, a, b, **settings))


@given(
    tables=st.lists(
        st.tuples(st.integers(0, 3000), st.integers(0, 3000), st.floats(0, 1), st.floats(0, 1)),
        min_size=1,
        max_size=6,
    ),
    monitoring=st.sampled_from(list(Monitoring)),
)
def test_compare_arrays__any_shares__are_the_single_comparisons(
    tables: list[tuple[int, int, float, float]], monitoring: Monitoring
) -> None:
    n_a, n_b = [each[0] for each in tables], [each[1] for each in tables]
    x_a, x_b = (
        [round(n * each[i]) for n, each in zip(ns, tables, strict=True)]
        for ns, i in ((n_a, 2), (n_b, 3))
    )
    found = compare_arrays(
        Kind.BINARY,
        EstimateArrays.of_shares(np.array(x_a), np.array(n_a)),
        EstimateArrays.of_shares(np.array(x_b), np.array(n_b)),
        monitoring=monitoring,
    )

    for i in range(len(tables)):
        expected = compare(
            Kind.BINARY,
            Moments(n_a[i], x_a[i], x_a[i]),
            Moments(n_b[i], x_b[i], x_b[i]),
            monitoring=monitoring,
        )
        ours = found.at(i)
        assert (ours.status, ours.lift_status) == (expected.status, expected.lift_status)
        _assert_close(ours.p_value, expected.p_value)
        assert ours.warnings == expected.warnings


def test_compare_arrays__moments_of_ratios__are_the_single_comparisons(
    rng: np.random.Generator,
) -> None:
    xs = rng.poisson(9, (2, 50, 700))
    ys = rng.binomial(xs, 0.1)
    singles = [
        [Moments.from_values(y.tolist(), x.tolist()) for y, x in zip(*arm, strict=True)]
        for arm in zip(ys, xs, strict=True)
    ]
    arrays = [EstimateArrays.of_ratios(MomentArrays.from_moments(each)) for each in singles]

    found = compare_arrays(Kind.RATIO, arrays[0], arrays[1])

    for i in range(50):
        expected = compare(Kind.RATIO, singles[0][i], singles[1][i])
        assert found.at(i).p_value == pytest.approx(expected.p_value, rel=1e-9)
        assert found.at(i).lift == pytest.approx(expected.lift, rel=1e-9, abs=1e-12)


def test_compare_arrays__ten_thousand_means__are_finite_and_null_where_undefined(
    rng: np.random.Generator,
) -> None:
    moments = [
        MomentArrays(
            rng.integers(0, 5000, 10_000),
            rng.normal(0, 1, 10_000),
            rng.exponential(1, 10_000) * (rng.random(10_000) < 0.9),
            *np.zeros((3, 10_000)),
        )
        for _ in range(2)
    ]
    control, treatment = (EstimateArrays.of_means(each) for each in moments)
    found = compare_arrays(Kind.MEAN, control, treatment, monitoring=Monitoring.FIXED)

    for name in (*FIELDS, "low", "high", "lift_low", "lift_high"):
        values = getattr(found, name)
        assert np.isfinite(values.data).all()
        is_known = ~np.ma.getmaskarray(values)
        assert (np.array(STATUSES)[found.status[is_known]] != Status.INSUFFICIENT_DATA).all()
        assert values.tolist()[int(np.flatnonzero(found.status == 1)[0])] is None


@given(
    st.lists(st.lists(st.integers(-99, 99), min_size=2, max_size=2), max_size=12),
    st.integers(0, 12),
)
def test_moment_arrays__merged__equal_the_pooled_units(rows: list[list[int]], cut: int) -> None:
    matrix = np.array(rows, dtype=float).reshape(len(rows), 2)
    merged = MomentArrays.from_matrix(matrix[:cut], matrix[:cut, ::-1]) + MomentArrays.from_matrix(
        matrix[cut:], matrix[cut:, ::-1]
    )

    for metric in (0, 1):
        whole = CentredMoments.from_values(
            matrix[:, metric].tolist(), matrix[:, 1 - metric].tolist()
        )
        for name in ("n", "mean_y", "m2_y", "mean_x", "m2_x", "c_xy"):
            found = getattr(merged, name)[metric]
            assert found == pytest.approx(getattr(whole, name), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: EstimateArrays.of_shares([3], [2]),
        lambda: EstimateArrays.of_shares([-1], [2]),
        lambda: EstimateArrays.of_shares([1.0], [2]),
        lambda: MomentArrays.from_matrix([[float("nan")]]),
        lambda: MomentArrays.from_matrix([[1.0]], [[1.0, 2.0]]),
        lambda: MomentArrays.from_matrix([[1e200], [-1e200]]),
        lambda: EstimateArrays.of_ratios(MomentArrays.from_matrix([[1.0]], [[-2.0]])),
    ],
)
def test_arrays__caller_mistakes__raise(mistake: Any) -> None:
    with pytest.raises(InvalidInputError):
        mistake()


@pytest.mark.parametrize(
    "change", [{"alpha": 0.0}, {"planned_n": 0}, {"planned_n": 1.5}, {"treatment": "short"}]
)
def test_compare_arrays__bad_settings__raise(change: dict[str, Any]) -> None:
    shares = EstimateArrays.of_shares([5, 6], [20, 20])
    if "treatment" in change:
        change = {"treatment": EstimateArrays.of_shares([5], [20])}

    with pytest.raises(InvalidInputError):
        compare_arrays(Kind.BINARY, **{"control": shares, "treatment": shares, **change})
