"""Non-binding futility, conditional and predictive power."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.monitoring.boundaries import boundary
from analytics.stats.monitoring.futility import (
    conditional_power,
    futility_bounds,
    futility_drift,
    predictive_power,
)
from analytics.stats.monitoring.operating import drift_for_power
from analytics.stats.monitoring.paths import Paths
from analytics.stats.monitoring.spending import Spending, SpendingFamily
from analytics.stats.references import upper_tail

FIFTHS = [0.2, 0.4, 0.6, 0.8, 1.0]


def _power(lows: list[float], highs: list[float], drift: float) -> float:
    """Return the probability to pass a success bound before any futility bound."""
    paths, found = Paths.start(), 0.0
    for index, (now, low, high) in enumerate(zip(FIFTHS, lows, highs, strict=True)):
        root = math.sqrt(now)
        found += paths.mass_above(now, high * root, drift=drift)
        later = FIFTHS[index + 1] if index < 4 else None
        paths = paths.between(now, low * root, high * root, next_time=later, drift=drift)
    return found


@pytest.mark.parametrize("family", list(SpendingFamily))
def test_futility__drift_that_closes_the_gap__keeps_the_power(family: SpendingFamily) -> None:
    found = boundary(FIFTHS)
    drift = futility_drift(found, spending=Spending(family))
    futility = futility_bounds(found, drift=drift, spending=Spending(family))
    lows = [each if each is not None else -math.inf for each in futility.bounds]
    highs = [each or 0.0 for each in found.bounds]

    assert lows[-1] == pytest.approx(highs[-1])
    assert all(low < high for low, high in zip(lows[:-1], highs[:-1], strict=True))
    assert lows == sorted(lows)
    assert _power(lows, highs, drift) == pytest.approx(0.8, abs=1e-6)
    # Stopping for futility costs power, which a larger test must buy back.
    assert drift > drift_for_power(FIFTHS, highs)


def test_futility__running_test__agrees_with_the_whole_calendar() -> None:
    whole = futility_bounds(boundary(FIFTHS), drift=3.0)
    part = futility_bounds(boundary(FIFTHS[:3]), drift=3.0)

    assert part.bounds == pytest.approx(whole.bounds[:3], abs=1e-9)


def test_futility__hopeless_effect__is_futile_from_the_first_bound_on() -> None:
    found = boundary(FIFTHS)
    futility = futility_bounds(found, drift=25.0)

    assert futility.bounds[-2:] == found.bounds[-2:]


def test_futility__look_without_success_bound__has_none() -> None:
    assert futility_bounds(boundary([0.01, 0.5]), drift=3.0).bounds[0] is None


def test_futility_drift__unfinished_boundary__raises() -> None:
    for open_end in ([], [0.5]):
        with pytest.raises(InvalidInputError):
            futility_drift(boundary(open_end))


@pytest.mark.parametrize("drift", [0.0, -1.0, math.nan, math.inf])
def test_futility__impossible_drift__raises(drift: float) -> None:
    with pytest.raises(InvalidInputError):
        futility_bounds(boundary(FIFTHS), drift=drift)


def test_conditional_power__nothing_seen_yet__is_the_power() -> None:
    assert conditional_power(0.0, 1e-9, final_bound=1.96, drift=2.8) == pytest.approx(
        upper_tail(1.96 - 2.8), rel=1e-6
    )


def test_conditional_power__trend__is_the_drift_seen() -> None:
    assert conditional_power(1.5, 0.4, final_bound=2.0) == conditional_power(
        1.5, 0.4, final_bound=2.0, drift=1.5 / math.sqrt(0.4)
    )


@given(z=st.floats(-6, 6), t=st.floats(0.01, 0.99), bound=st.floats(1.5, 4))
def test_predictive_power__any_look__is_less_sure_than_the_trend(
    z: float, t: float, bound: float
) -> None:
    predicted = predictive_power(z, t, final_bound=bound)
    trend = conditional_power(z, t, final_bound=bound)

    assert 0 <= predicted <= 1
    assert abs(predicted - 0.5) <= abs(trend - 0.5) + 1e-12


@pytest.mark.parametrize("information", [0.0, 1.0, -0.5, math.nan])
def test_power__test_not_under_way__raises(information: float) -> None:
    for power in (conditional_power, predictive_power):
        with pytest.raises(InvalidInputError):
            power(1.0, information, final_bound=2.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_power__not_finite__raises(bad: float) -> None:
    for power in (conditional_power, predictive_power):
        with pytest.raises(InvalidInputError):
            power(bad, 0.5, final_bound=2.0)
        with pytest.raises(InvalidInputError):
            power(1.0, 0.5, final_bound=bad)


def test_futility_drift__power_that_chance_alone_has__raises() -> None:
    with pytest.raises(InvalidInputError, match="no drift"):
        futility_drift(boundary([0.5, 1.0]), power=1e-12)
