"""What must hold for any data: signs, scales, widths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.stats.compare import compare_estimates
from analytics.stats.results import Comparison, Estimate, Kind, Monitoring

KINDS = st.sampled_from([Kind.MEAN, Kind.RATIO, Kind.QUANTILE])
ESTIMATES = st.builds(Estimate, st.integers(500, 10**6), st.floats(0.05, 5), st.floats(1e-6, 0.01))


@given(KINDS, ESTIMATES, ESTIMATES, st.sampled_from(list(Monitoring)))
def test_compare__variants_exchanged__flips_effect_and_interval(
    kind: Kind, a: Estimate, b: Estimate, monitoring: Monitoring
) -> None:
    there, back = (
        compare_estimates(kind, *pair, monitoring=monitoring) for pair in ((a, b), (b, a))
    )

    assert there.effect == -(back.effect or 0)
    assert there.p_value == pytest.approx(back.p_value, rel=1e-9)
    assert there.interval is not None
    assert back.interval is not None
    assert _ends(there) == pytest.approx((-back.interval.high, -back.interval.low), rel=1e-9)


@given(
    KINDS,
    ESTIMATES,
    ESTIMATES,
    st.sampled_from(list(Monitoring)),
    st.tuples(st.floats(0.001, 0.5), st.floats(0.001, 0.5)),
    st.integers(1, 10**9),
)
def test_compare__more_confidence__contains_the_narrower(
    kind: Kind,
    a: Estimate,
    b: Estimate,
    monitoring: Monitoring,
    alphas: tuple[float, float],
    planned_n: int,
) -> None:
    wide, narrow = (
        compare_estimates(kind, a, b, monitoring=monitoring, alpha=alpha, planned_n=planned_n)
        for alpha in sorted(alphas)
    )

    assert _ends(wide)[0] <= _ends(narrow)[0] + 1e-12
    assert _ends(narrow)[1] <= _ends(wide)[1] + 1e-12
    if wide.lift_interval is not None:
        assert narrow.lift_interval is not None
        assert wide.lift_interval.low <= narrow.lift_interval.low + 1e-9
        assert narrow.lift_interval.high <= wide.lift_interval.high + 1e-9


@given(KINDS, ESTIMATES, ESTIMATES, st.integers(1, 10**7), st.floats(0.001, 0.5))
def test_compare__always_valid__contains_the_fixed_interval(
    kind: Kind, a: Estimate, b: Estimate, planned_n: int, alpha: float
) -> None:
    watched, fixed = (
        compare_estimates(kind, a, b, monitoring=each, alpha=alpha, planned_n=planned_n)
        for each in (Monitoring.ALWAYS_VALID, Monitoring.FIXED)
    )

    assert _ends(watched)[0] < _ends(fixed)[0]
    assert _ends(fixed)[1] < _ends(watched)[1]
    assert (watched.p_value or 0) >= (fixed.p_value or 0) - 1e-12


@given(KINDS, ESTIMATES, ESTIMATES)
def test_compare__money_times_a_hundred__scales_the_effect_alone(
    kind: Kind, a: Estimate, b: Estimate
) -> None:
    plain = compare_estimates(kind, a, b)
    scaled = compare_estimates(kind, *(_scaled(each, 100) for each in (a, b)))

    assert scaled.effect == pytest.approx(100 * (plain.effect or 0), rel=1e-9, abs=1e-9)
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-7, abs=1e-300)
    assert scaled.lift == pytest.approx(plain.lift, rel=1e-9, abs=1e-12)


def _scaled(estimate: Estimate, factor: int) -> Estimate:
    return Estimate(
        estimate.n, (estimate.value or 0) * factor, (estimate.variance or 0) * factor**2
    )


def _ends(found: Comparison) -> tuple[float, float]:
    assert found.interval is not None
    return found.interval.low, found.interval.high
