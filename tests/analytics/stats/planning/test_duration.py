"""Days until a test can be read, before it starts and while it runs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare
from analytics.stats.moments import Moments
from analytics.stats.planning.duration import NoEnd, Traffic, duration, whole_weeks
from analytics.stats.planning.mde import mde_absolute, mde_lift
from analytics.stats.planning.projection import project_to_lift, project_to_units, units_for_lift
from analytics.stats.results import Estimate, Kind, Monitoring

# Returning units: ever fewer are new.
SLOWING = tuple(round(10_000 * (1 - 0.9**day)) for day in range(1, 29))
CURVES = st.lists(st.integers(0, 500), min_size=1, max_size=40).map(
    lambda steps: tuple(sum(steps[: day + 1]) for day in range(len(steps)))
)


def test_duration__within_the_history__is_the_first_day_in_whole_weeks() -> None:
    found = duration(Traffic(SLOWING), 8000)

    assert SLOWING[found.days_needed or 0] >= 8000 > SLOWING[(found.days_needed or 0) - 2]
    assert (found.days_needed, found.days) == (16, 21)
    assert not found.is_extrapolated


def test_duration__beyond_the_history__keeps_the_last_weeks_pace() -> None:
    traffic = Traffic(SLOWING)
    found = duration(traffic, 10_000)

    assert traffic.new_per_day == (SLOWING[27] - SLOWING[20]) / 7
    assert found.is_extrapolated
    assert found.days_needed == 28 + math.ceil((10_000 - SLOWING[27]) / traffic.new_per_day)


def test_duration__enough_at_once__is_two_weeks() -> None:
    assert duration(Traffic((5000,)), 10).days == 14


def test_duration__share_of_the_traffic__takes_longer() -> None:
    whole, tenth = Traffic(tuple(range(100, 3000, 100))), Traffic(tuple(range(100, 3000, 100)), 0.1)

    assert duration(whole, 280).days_needed == 3
    assert duration(tenth, 280).days_needed == 28


@pytest.mark.parametrize(
    ("curve", "n_total", "reason"),
    [
        ((0, 0, 0), 10, NoEnd.NO_TRAFFIC),
        ((100, *[100] * 8), 101, NoEnd.NO_TRAFFIC),
        ((10, 20, 30), 10**9, NoEnd.TOO_LONG),
        ((1, 2), 10**15, NoEnd.TOO_LONG),
    ],
)
def test_duration__never__is_none_with_the_reason(
    curve: tuple[int, ...], n_total: int, reason: NoEnd
) -> None:
    found = duration(Traffic(curve), n_total)

    assert (found.days, found.days_needed, found.reason) == (None, None, reason)
    assert found.to_dict()["days"] is None


@given(curve=CURVES, n_total=st.integers(1, 20_000))
def test_duration__any_traffic__has_the_units_by_then(curve: tuple[int, ...], n_total: int) -> None:
    traffic = Traffic(curve)
    found = duration(traffic, n_total)

    if found.days is None or found.days_needed is None:
        assert found.reason is not None
    else:
        assert traffic.units_by(found.days) >= n_total * (1 - 1e-12)
        assert traffic.units_by(found.days_needed - 1) < n_total
        assert found.days % 7 == 0
        assert found.days >= max(14, found.days_needed)


@pytest.mark.parametrize("days", [0, 1, 13, 14])
def test_whole_weeks__short__is_two(days: int) -> None:
    assert whole_weeks(days) == 14


def test_traffic__before_the_first_day__has_no_units() -> None:
    assert Traffic((10, 20)).units_by(0) == 0


@pytest.mark.parametrize("curve", [(), (-1,), (5, 4)])
def test_traffic__impossible_counts__raises(curve: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError):
        Traffic(curve)


@pytest.mark.parametrize("share", [0.0, 1.1, -1.0, math.nan])
def test_traffic__impossible_share__raises(share: float) -> None:
    with pytest.raises(InvalidInputError):
        Traffic((1,), share)


def test_projection__slowing_units__uses_the_pace_of_the_last_week() -> None:
    found = project_to_units(SLOWING[:14], 9000)
    pace = (SLOWING[13] - SLOWING[6]) / 7

    assert found.new_per_day == pace
    assert found.days_missing == math.ceil((9000 - SLOWING[13]) / pace)
    assert ((found.days_left or 0) + 14) % 7 == 0


def test_projection__reached_in_the_middle_of_a_week__waits_for_its_end() -> None:
    found = project_to_units(SLOWING[:16], 100)

    assert (found.days_missing, found.days_left) == (0, 5)
    assert project_to_units(SLOWING[:21], 100).days_left == 0
    assert project_to_units(SLOWING[:3], 100).days_left == 11


@pytest.mark.parametrize(
    ("curve", "needed", "reason"),
    [((5,) * 9, 6, NoEnd.NO_TRAFFIC), ((1, 2, 3), 10**8, NoEnd.TOO_LONG)],
)
def test_projection__no_end__is_none_with_the_reason(
    curve: tuple[int, ...], needed: int, reason: NoEnd
) -> None:
    found = project_to_units(curve, needed)

    assert (found.days_missing, found.days_left, found.reason) == (None, None, reason)


@pytest.mark.parametrize(("curve", "needed"), [((), 5), ((1, 2), 0), ((2, 1), 5)])
def test_projection__nothing_to_project__raises(curve: tuple[int, ...], needed: int) -> None:
    with pytest.raises(InvalidInputError):
        project_to_units(curve, needed)


@pytest.mark.parametrize("monitoring", list(Monitoring))
def test_units_for_lift__units_needed__would_show_the_lift(monitoring: Monitoring) -> None:
    before = compare(
        Kind.BINARY, Moments(4000, 200, 200), Moments(4000, 230, 230), monitoring=monitoring
    )
    pair = units_for_lift(before, 0.1)
    assert pair is not None
    grown = pair // 2
    scale = grown / 4000
    after = compare(
        Kind.BINARY,
        Moments(grown, round(200 * scale), round(200 * scale)),
        Moments(grown, round(230 * scale), round(230 * scale)),
        monitoring=monitoring,
    )

    assert mde_lift(after) == pytest.approx(0.1, rel=2e-3)


def test_project_to_lift__three_variants__counts_the_units_of_all() -> None:
    pair = compare(Kind.BINARY, Moments(4000, 200, 200), Moments(4000, 230, 230))
    cumulative = [400 * day for day in range(1, 31)]  # 12 000 over three variants

    found = project_to_lift(pair, cumulative, 0.2)

    assert found is not None
    assert found.n_needed == pytest.approx(1.5 * (units_for_lift(pair, 0.2) or 0), abs=2)
    assert found.days_missing == math.ceil((found.n_needed - 12_000) / 400)


def test_project_to_lift__nothing_to_measure_with__is_none() -> None:
    zero = compare(Kind.BINARY, Moments(600, 0, 0), Moments(600, 0, 0))
    young = compare(Kind.BINARY, Moments(9, 1, 1), Moments(9, 1, 1))
    loss = compare(Kind.MEAN, Moments(600, -600, 1000), Moments(600, -500, 1000))
    sound = compare(Kind.BINARY, Moments(4000, 200, 200), Moments(4000, 230, 230))

    assert [project_to_lift(each, [10], 0.1) for each in (zero, young, loss)] == [None] * 3
    assert project_to_lift(sound, [], 0.1) is None
    assert units_for_lift(sound, 1e-7) is None


@pytest.mark.parametrize("lift", [0.0, math.nan, math.inf])
def test_units_for_lift__no_lift__raises(lift: float) -> None:
    sound = compare(Kind.BINARY, Moments(4000, 200, 200), Moments(4000, 230, 230))

    with pytest.raises(InvalidInputError):
        units_for_lift(sound, lift)


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
