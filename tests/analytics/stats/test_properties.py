"""What holds for any data, of every way to compare two variants."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare_estimates
from analytics.stats.dunnett import dunnett_effects
from analytics.stats.results import Comparison, EffectTest, Estimate, Interval, Kind, Monitoring
from tests.analytics.stats.finite import non_finite
from tests.analytics.stats.methods import ADJUSTED, EVERY, IN_MONEY, WATCHED, Method, Shown

# Some thirty values, each of twenty units: enough for a sequence, different every time.
UNITS = st.lists(st.integers(0, 30), min_size=26, max_size=40).map(lambda values: values * 20)
ALPHAS = st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.4])
MONITORINGS = st.sampled_from(list(Monitoring))
EDGE = 1e-9  # relative: on the edge itself rounding decides

every = pytest.mark.parametrize("method", EVERY, ids=lambda each: each.__name__)
some = settings(max_examples=30)


@every
@some
@given(a=UNITS, b=UNITS, monitoring=MONITORINGS)
def test_method__variants_relabelled__flips_the_signs(
    method: Method, a: list[int], b: list[int], monitoring: Monitoring
) -> None:
    there, back = (method(*pair, **_watched(method, monitoring)) for pair in ((a, b), (b, a)))

    assert (there is None) == (back is None)
    if there is None or back is None or there.effect is None:
        return
    assert back.effect == pytest.approx(-there.effect, rel=1e-7, abs=1e-9)
    assert _p(back) == pytest.approx(_p(there), rel=1e-6, abs=1e-12)
    assert _ends(back.interval) == pytest.approx(
        _ends(there.interval and there.interval.flipped()), rel=1e-7, abs=1e-9
    )
    lifts = [lift for each in (there, back) if (lift := getattr(each, "lift", None)) is not None]
    assert len(lifts) < 2 or lifts[0] * lifts[1] <= 0
    if len(lifts) == 2 and method not in ADJUSTED:
        assert (1 + lifts[0]) * (1 + lifts[1]) == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("method", IN_MONEY, ids=lambda each: each.__name__)
@some
@given(a=UNITS, b=UNITS, monitoring=MONITORINGS)
def test_method__money_times_a_hundred__scales_the_effect_alone(
    method: Method, a: list[int], b: list[int], monitoring: Monitoring
) -> None:
    chosen = _watched(method, monitoring)
    euros, cents = (method(a, b, scale=scale, **chosen) for scale in (1, 100))

    assert (euros is None) == (cents is None)
    if euros is None or cents is None or euros.effect is None:
        return
    assert cents.effect == pytest.approx(100 * euros.effect, rel=1e-7, abs=1e-7)
    assert _p(cents) == pytest.approx(_p(euros), rel=1e-6, abs=1e-12)
    hundredfold = tuple(100 * end for end in _ends(euros.interval))
    assert _ends(cents.interval) == pytest.approx(hundredfold, rel=1e-7, abs=1e-7)
    assert _ends(_lift(cents)) == pytest.approx(_ends(_lift(euros)), rel=1e-6, abs=1e-9)


@every
@some
@given(a=UNITS, b=UNITS, monitoring=MONITORINGS, alphas=st.tuples(ALPHAS, ALPHAS))
def test_method__more_confidence__contains_the_narrower(
    method: Method,
    a: list[int],
    b: list[int],
    monitoring: Monitoring,
    alphas: tuple[float, float],
) -> None:
    chosen = _watched(method, monitoring)
    wide, narrow = (method(a, b, alpha=alpha, **chosen) for alpha in sorted(alphas))

    _assert_contains(wide, narrow)


@pytest.mark.parametrize("method", WATCHED, ids=lambda each: each.__name__)
@some
@given(a=UNITS, b=UNITS, alpha=ALPHAS, planned_n=st.integers(1, 10**7))
def test_method__always_valid__contains_the_fixed(
    method: Method, a: list[int], b: list[int], alpha: float, planned_n: int
) -> None:
    watched, fixed = (
        method(a, b, alpha=alpha, planned_n=planned_n, monitoring=each)
        for each in (Monitoring.ALWAYS_VALID, Monitoring.FIXED)
    )

    _assert_contains(watched, fixed)


@every
@some
@given(a=UNITS, b=UNITS, monitoring=MONITORINGS, alpha=ALPHAS)
@example(a=[0] * 500, b=[1] * 500, monitoring=Monitoring.ALWAYS_VALID, alpha=0.05)
@example(a=[0, 1] * 300, b=[0] * 600, monitoring=Monitoring.FIXED, alpha=0.05)
def test_method__any_data__is_finite_and_p_interval_and_lift_never_disagree(
    method: Method, a: list[int], b: list[int], monitoring: Monitoring, alpha: float
) -> None:
    found = method(a, b, alpha=alpha, **_watched(method, monitoring))

    assert non_finite(found) is None
    if found is None or found.interval is None or found.p_value is None:
        assert found is None or (found.p_value, found.interval) == (None, None)
        return
    if abs(abs(found.statistic or 0) - (found.critical_value or 0)) < EDGE:
        return
    assert found.interval.excludes(0) == (found.p_value < alpha)
    if (lift := _lift(found)) is not None:
        assert lift.excludes(0) == (found.p_value < alpha)


ANY = st.builds(
    Estimate,
    st.integers(0, 10**12),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.floats(min_value=0, allow_nan=False, allow_infinity=False),
)


@settings(max_examples=500)
@given(kind=st.sampled_from(list(Kind)), a=ANY, b=ANY, monitoring=MONITORINGS, alpha=ALPHAS)
def test_compare__any_estimates__are_refused_or_finite(
    kind: Kind, a: Estimate, b: Estimate, monitoring: Monitoring, alpha: float
) -> None:
    try:
        found = compare_estimates(kind, a, b, monitoring=monitoring, alpha=alpha)
    except InvalidInputError:
        return

    assert non_finite(found) is None


@some
@given(
    sizes=st.lists(st.integers(2, 10**6), min_size=2, max_size=4),
    effects=st.lists(st.floats(-1, 1), min_size=3, max_size=3),
    alpha=st.sampled_from([0.01, 0.05, 0.2]),
    sides=st.sampled_from([1, 2]),
)
def test_dunnett__any_family__p_and_interval_never_disagree(
    sizes: list[int], effects: list[float], alpha: float, sides: int
) -> None:
    treatments = list(zip(sizes[1:], effects, strict=False))

    for found in dunnett_effects(
        (sizes[0], 0.0), treatments, variance=9.0, alpha=alpha, sides=sides
    ):
        is_told_apart = found.low > 0 or (found.high is not None and found.high < 0)
        if abs(found.p_value - alpha) > EDGE:
            assert is_told_apart == (found.p_value < alpha)


def _watched(method: Method, monitoring: Monitoring) -> dict[str, Any]:
    """Return the settings of a method that may be watched; none of one that may not."""
    return {"monitoring": monitoring} if method in WATCHED else {}


def _assert_contains(wide: Shown, narrow: Shown) -> None:
    if wide is None or narrow is None or wide.interval is None or narrow.interval is None:
        assert (wide and wide.interval) == (narrow and narrow.interval)
        return
    _assert_within(narrow.interval, wide.interval)
    if (outer := _lift(wide)) is not None:
        inner = _lift(narrow)
        assert inner is not None
        _assert_within(inner, outer)


def _assert_within(inner: Interval, outer: Interval) -> None:
    assert outer.low <= inner.low + 1e-9
    assert inner.high <= outer.high + 1e-9


def _p(found: Comparison | EffectTest) -> tuple[float, ...]:
    return () if found.p_value is None else (found.p_value,)


def _lift(found: Shown) -> Interval | None:
    return getattr(found, "lift_interval", None)


def _ends(interval: Interval | None) -> tuple[float, ...]:
    return () if interval is None else (interval.low, interval.high)
