"""Bounds of group sequential tests."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from analytics.errors import InvalidInputError
from analytics.stats.monitoring.boundaries import boundary
from analytics.stats.monitoring.operating import rejection_probability
from analytics.stats.monitoring.spending import Spending, SpendingFamily

OBF = Spending()
POCOCK = Spending(SpendingFamily.POCOCK)
CUBIC = Spending(SpendingFamily.POWER, 3.0)
THIRDS, FIFTHS = [1 / 3, 2 / 3, 1.0], [0.2, 0.4, 0.6, 0.8, 1.0]

# The reference prints 0.0244237 for the fourth; 4 − 4Φ(2.241403 / √0.8) is 0.02442358.
SPENT = [1.07774e-6, 7.88304e-4, 0.00761613, 0.02442358, 0.05]

# ▸ §8 (all of the line: these bounds, SPENT and the classical constants)
PUBLISHED = [
    (OBF, FIFTHS, [4.876885, 3.357012, 2.680280, 2.289817, 2.031032]),
    (OBF, THIRDS, [3.710303, 2.511427, 1.993047]),
    (POCOCK, FIFTHS, [2.437977, 2.426814, 2.410194, 2.396645, 2.385985]),
    (POCOCK, THIRDS, [2.279428, 2.294911, 2.295938]),
    (CUBIC, FIFTHS, [3.540084, 2.974311, 2.604514, 2.306357, 2.045480]),
    (OBF, [0.3, 0.7, 1.0], [3.928573, 2.438742, 2.000009]),
    (POCOCK, [0.3, 0.7, 1.0], [2.311835, 2.258346, 2.306180]),
]


@pytest.mark.parametrize(("spending", "information", "expected"), PUBLISHED)
def test_boundary__published_design__gives_its_bounds(
    spending: Spending, information: list[float], expected: list[float]
) -> None:
    assert boundary(information, spending=spending).bounds == pytest.approx(expected, abs=1e-6)


def test_boundary__obrien_fleming_fifths__records_the_published_spend() -> None:
    spent = [look.spent for look in boundary(FIFTHS).looks]

    assert spent == pytest.approx(SPENT, rel=3e-6)


@pytest.mark.parametrize(
    "bounds", [[2.413] * 5, [2.040 * math.sqrt(5 / look) for look in range(1, 6)]]
)
def test_rejection__classical_constants__have_the_nominal_level(bounds: list[float]) -> None:
    assert rejection_probability(FIFTHS, bounds) == pytest.approx(0.05, abs=2e-4)


def test_boundary__fine_simpson_grid__gives_the_same_bounds() -> None:
    information = [0.15, 0.4, 0.55, 0.9, 1.0]
    found = boundary(information, spending=POCOCK).bounds
    spent = [POCOCK.cumulative(each, 0.05) for each in information]

    assert found == pytest.approx(_simpson_bounds(information, spent), abs=1e-8)


def _simpson_bounds(information: list[float], spent: list[float]) -> list[float]:
    """Return the bounds by Simpson's rule with 2001 nodes and bisection."""
    bounds: list[float] = []
    places, masses, before = np.zeros(1), np.ones(1), 0.0
    for now, due in zip(information, np.diff([0.0, *spent]), strict=True):
        step = math.sqrt(now - before)
        low, high = 0.0, 10.0
        for _ in range(60):
            middle = (low + high) / 2
            mass = norm.sf((middle * math.sqrt(now) - places) / step) @ masses
            low, high = (middle, high) if mass > due / 2 else (low, middle)
        bounds.append(low)
        nodes = np.linspace(-low, low, 2001) * math.sqrt(now)
        weights = np.where(np.arange(2001) % 2, 4.0, 2.0)
        weights[[0, -1]] = 1.0
        density = norm.pdf(nodes[:, None], places, step) @ masses
        places, masses, before = nodes, density * weights * (nodes[1] - nodes[0]) / 3, now
    return bounds


def test_boundary__three_looks__agree_with_the_multivariate_normal(
    rng: np.random.Generator,
) -> None:
    times = np.array([0.3, 0.7, 1.0])
    found = np.array([each or 0.0 for each in boundary(list(times)).bounds])
    correlation = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    inside = multivariate_normal.cdf(
        found, cov=correlation, lower_limit=-found, abseps=1e-8, releps=1e-8, rng=rng
    )

    assert inside == pytest.approx(0.95, abs=1e-6)


@pytest.mark.parametrize("spending", [OBF, POCOCK, CUBIC])
def test_boundary__twenty_eight_looks__is_exact_and_fast(spending: Spending) -> None:
    information = [look / 28 for look in range(1, 29)]
    seconds = []  # of the processor, for others use it too
    for alpha in (0.0501, 0.0502, 0.0503, 0.05):  # different, so that none is remembered
        started = time.process_time()
        found = boundary(information, spending=spending, alpha=alpha)
        seconds.append(time.process_time() - started)
    times, bounds = zip(*found.held, strict=True)

    assert rejection_probability(times, bounds) == pytest.approx(0.05, abs=1e-9)
    assert min(seconds) < 0.1


def test_boundary__look_that_spends_nothing__has_no_bound() -> None:
    found = boundary([1 / 28, 2 / 28, 0.5])

    assert found.bounds[:2] == (None, None)
    assert found.looks[1].spent == 0
    assert found.held == ((0.5, found.bounds[2]),)


def test_boundary__overrun__spends_the_rest_and_ends() -> None:
    found = boundary([0.3, 0.7, 1.2, 1.4])

    assert [look.is_final for look in found.looks] == [False, False, True, False]
    assert found.looks[2].spent == 0.05
    assert found.bounds[3] is None
    # The bound is that of the information reached: later than planned, so more independent.
    assert found.bounds[2] != pytest.approx(2.000009, abs=1e-3)
    times, bounds = zip(*found.held, strict=True)
    assert rejection_probability(times, bounds) == pytest.approx(0.05, abs=1e-9)


def test_boundary__underrun__last_look_gets_what_is_left() -> None:
    open_end, ended = boundary([0.3, 0.6]), boundary([0.3, 0.6], has_ended=True)
    times, bounds = zip(*ended.held, strict=True)

    assert ended.looks[-1].is_final
    assert not open_end.looks[-1].is_final
    assert ended.bounds[0] == open_end.bounds[0]
    assert rejection_probability(times, bounds) == pytest.approx(0.05, abs=1e-9)


def test_boundary__no_new_information__is_no_look() -> None:
    found = boundary([0.3, 0.3, 0.3005, 0.7])

    assert found.bounds[1:3] == (None, None)
    assert found.bounds[0] == boundary([0.3]).bounds[0]
    assert found.bounds[3] == boundary([0.3, 0.7]).bounds[1]


def test_boundary__ends_where_it_stood__is_a_fixed_test_of_what_is_left() -> None:
    found = boundary([0.5, 0.5], has_ended=True)

    assert found.bounds[0] == boundary([0.5]).bounds[0]
    assert found.bounds[1] == pytest.approx(1.959963985, abs=1e-4)


def test_boundary__single_look__is_the_fixed_test() -> None:
    assert boundary([1.0]).bounds == pytest.approx((1.959963985,), abs=1e-9)
    assert boundary([1.0], is_two_sided=False).bounds == pytest.approx((1.644853627,), abs=1e-9)


def test_boundary__one_sided__spends_alpha_on_one_side() -> None:
    found = boundary(FIFTHS, is_two_sided=False)
    times, bounds = zip(*found.held, strict=True)

    assert rejection_probability(times, bounds, sides=1) == pytest.approx(0.05, abs=1e-9)


def test_boundary__no_look__is_empty() -> None:
    assert boundary([]).looks == ()


@settings(max_examples=30)
@given(
    gaps=st.lists(st.floats(0.002, 1), min_size=1, max_size=8),
    alpha=st.floats(1e-4, 0.5),
    family=st.sampled_from(list(SpendingFamily)),
    is_two_sided=st.booleans(),
)
def test_boundary__any_calendar__spends_alpha_exactly(
    gaps: list[float], alpha: float, family: SpendingFamily, is_two_sided: bool
) -> None:
    times = [float(each) for each in np.cumsum(gaps) / math.fsum(gaps)]
    times[-1] = 1.0
    found = boundary(times, alpha=alpha, spending=Spending(family), is_two_sided=is_two_sided)
    held, bounds = zip(*found.held, strict=True)

    spent = rejection_probability(held, bounds, sides=2 if is_two_sided else 1)

    assert spent == pytest.approx(alpha, rel=1e-7)
    assert found.looks[-1].is_final


@settings(max_examples=20)
@given(gaps=st.lists(st.floats(0.05, 1), min_size=2, max_size=6))
def test_boundary__later_looks__do_not_move_the_earlier_bounds(gaps: list[float]) -> None:
    times = [float(each) for each in np.cumsum(gaps) / math.fsum(gaps)]

    assert boundary(times[:-1]).bounds == pytest.approx(boundary(times).bounds[:-1], abs=1e-9)


@pytest.mark.parametrize("bad", [[-0.1], [math.nan], [math.inf], [0.5, 0.4]])
def test_boundary__impossible_information__raises(bad: list[float]) -> None:
    with pytest.raises(InvalidInputError):
        boundary(bad)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, math.nan, math.inf])
def test_boundary__impossible_alpha__raises(alpha: float) -> None:
    with pytest.raises(InvalidInputError):
        boundary([0.5], alpha=alpha)
