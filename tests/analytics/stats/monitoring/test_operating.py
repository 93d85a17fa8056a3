"""What sequential tests cost: the table of methods, integrated instead of simulated."""

import math

import pytest

from analytics.errors import InvalidInputError
from analytics.stats.monitoring.boundaries import boundary
from analytics.stats.monitoring.operating import (
    crossings,
    drift_for_power,
    expected_information,
    inflation_factor,
    rejection_probability,
)
from analytics.stats.monitoring.spending import Spending, SpendingFamily
from analytics.stats.planning.design import Looks
from analytics.stats.sequential import sequential_critical_value, tuning

DAYS = [day / 28 for day in range(1, 29)]
PLANNED = 28_000_000


def _costs(times: list[float], bounds: list[float]) -> tuple[float, float]:
    """Return units at the last look, and on average where there is an effect, over a fixed test."""
    inflation = inflation_factor(times, bounds)
    drift = drift_for_power(times, bounds)
    return inflation, inflation * expected_information(times, bounds, drift=drift)


def _sequence(share: float) -> list[float]:
    rho2 = tuning(int(share * PLANNED))
    return [sequential_critical_value(int(PLANNED * day), rho2=rho2) for day in DAYS]


@pytest.mark.parametrize(
    ("family", "inflation", "mean"),
    [(SpendingFamily.OBRIEN_FLEMING, 1.05, 0.78), (SpendingFamily.POCOCK, 1.27, 0.77)],
)
def test_group_sequential__daily_looks__costs_what_the_reference_says(
    family: SpendingFamily, inflation: float, mean: float
) -> None:
    times, bounds = zip(*boundary(DAYS, spending=Spending(family)).held, strict=True)

    costs = _costs(list(times), list(bounds))

    assert costs == pytest.approx((inflation, mean), abs=0.005)
    assert Looks(family.value).cost == inflation


@pytest.mark.parametrize(
    ("share", "type_one", "inflation", "mean"),
    [
        (1, 0.012, 1.72, 1.11),
        (0.1, 0.016, 1.89, 1.14),
        (0.5, 0.015, 1.73, 1.07),
        (2, 0.007, 1.80, 1.22),
    ],
)
def test_confidence_sequence__daily_looks__costs_what_the_reference_says(
    share: float, type_one: float, inflation: float, mean: float
) -> None:
    bounds = _sequence(share)

    assert rejection_probability(DAYS, bounds) == pytest.approx(type_one, abs=5e-4)
    assert _costs(DAYS, bounds) == pytest.approx((inflation, mean), abs=0.006)


def test_fixed_test__peeked_at_daily__errs_as_the_reference_says() -> None:
    assert 0.23 < rejection_probability(DAYS, [1.959963985] * 28) < 0.28


def test_inflation__single_look__is_one() -> None:
    assert inflation_factor([1.0], [1.959963984540054]) == pytest.approx(1, rel=1e-8)
    assert expected_information([1.0], [1.96], drift=2.8) == 1


def test_crossings__opposite_drift__are_mirrored() -> None:
    up = crossings([0.4, 1.0], [2.6, 2.0], drift=1.3)
    down = crossings([0.4, 1.0], [2.6, 2.0], drift=-1.3)

    assert [each.above for each in up] == pytest.approx([each.below for each in down], rel=1e-10)


def test_drift__bounds_crossed_by_chance__raises() -> None:
    with pytest.raises(InvalidInputError):
        drift_for_power([1.0], [0.1], power=0.3)


@pytest.mark.parametrize(
    ("information", "bounds"),
    [
        ([], []),
        ([0.5], [2.0, 2.0]),
        ([0.5, 0.5], [2.0, 2.0]),
        ([0.0], [2.0]),
        ([math.nan], [2.0]),
        ([1.0], [math.inf]),
        ([1.0], [math.nan]),
    ],
)
def test_crossings__no_looks__raises(information: list[float], bounds: list[float]) -> None:
    with pytest.raises(InvalidInputError):
        crossings(information, bounds)


@pytest.mark.parametrize("sides", [1, 2])
def test_crossings__bound_or_drift_beyond_reach__are_certain_not_endless(sides: int) -> None:
    unreached = crossings([0.5, 1.0], [1e12, 1.96], sides=sides)
    at_once = crossings([0.5, 1.0], [2.8, 1.98], drift=1e12, sides=sides)

    assert unreached[0].above == 0
    assert unreached[1].above == pytest.approx(0.025, abs=1e-4)
    assert [each.above for each in at_once] == [1.0, 0.0]


def test_crossings__looks_too_close_to_compute__raises() -> None:
    with pytest.raises(InvalidInputError, match="too close together"):
        crossings([0.5, 0.5 + 1e-12, 1.0], [2.8, 2.8, 1.98])


@pytest.mark.parametrize("drift", [math.nan, math.inf])
def test_crossings__impossible_drift__raises(drift: float) -> None:
    with pytest.raises(InvalidInputError, match="drift must be finite"):
        crossings([0.5, 1.0], [2.8, 1.98], drift=drift)
