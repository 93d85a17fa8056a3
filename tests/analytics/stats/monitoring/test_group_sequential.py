"""A look of a group sequential test, and the estimate after it stopped."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.effects import effect_test
from analytics.stats.monitoring.adjusted import adjusted_effect
from analytics.stats.monitoring.boundaries import boundary
from analytics.stats.monitoring.group_sequential import (
    information_fraction,
    information_of_errors,
    nominal_p_value,
    reference_at,
    repeated_p_value,
)
from analytics.stats.monitoring.operating import crossings
from analytics.stats.monitoring.spending import Spending, SpendingFamily
from analytics.stats.proportions import share_estimate
from analytics.stats.references import upper_quantile, upper_tail

FIFTHS = [0.2, 0.4, 0.6, 0.8, 1.0]


def test_reference__look_with_a_bound__gives_the_repeated_interval() -> None:
    reference = reference_at(boundary([0.2, 0.4, 0.6]))
    assert reference is not None

    test = effect_test(share_estimate(500, 10000), share_estimate(590, 10000), reference)

    assert test.critical_value == pytest.approx(2.680280, abs=1e-6)
    assert test.df is None
    assert (test.p_value < 0.05) == test.interval.excludes(0)


def test_reference__look_without_a_bound__is_none() -> None:
    assert reference_at(boundary([0.01])) is None


@settings(max_examples=40)
@given(
    z=st.floats(-7, 7),
    looks=st.integers(1, 5),
    family=st.sampled_from(list(SpendingFamily)),
    is_two_sided=st.booleans(),
)
def test_repeated_p__any_look__is_below_alpha_exactly_beyond_the_bound(
    z: float, looks: int, family: SpendingFamily, is_two_sided: bool
) -> None:
    found = boundary(FIFTHS[:looks], spending=Spending(family), is_two_sided=is_two_sided)
    bound = found.bounds[-1]
    assert bound is not None

    p_value = repeated_p_value(found, z)

    assert 0 < p_value <= 1
    assert (p_value < 0.05) == ((abs(z) if is_two_sided else z) > bound)


def test_repeated_p__bound_of_another_alpha__is_that_alpha() -> None:
    bound = boundary(FIFTHS[:4], alpha=0.007).bounds[-1]
    assert bound is not None

    assert repeated_p_value(boundary(FIFTHS[:4]), bound) == pytest.approx(0.007, rel=1e-6)
    assert repeated_p_value(boundary(FIFTHS[:4]), -bound) == pytest.approx(0.007, rel=1e-6)


def test_repeated_p__single_final_look__is_the_fixed_p() -> None:
    for z in (0.3, 1.9, 2.1, 4.0):
        assert repeated_p_value(boundary([1.0]), z) == pytest.approx(2 * upper_tail(z), rel=1e-6)


def test_repeated_p__earlier_look__ignores_the_later() -> None:
    whole, part = boundary(FIFTHS), boundary(FIFTHS[:3])

    assert repeated_p_value(whole, 2.5, index=2) == pytest.approx(
        repeated_p_value(part, 2.5), rel=1e-9
    )


def test_repeated_p__look_that_may_spend_nothing__is_above_alpha() -> None:
    assert 0.05 < repeated_p_value(boundary([0.01]), 3.0) <= 1


def test_nominal_p__bound__is_its_tail() -> None:
    found = boundary([0.01, 0.5, 1.0])

    assert nominal_p_value(found, index=0) is None
    assert nominal_p_value(found, index=1) == pytest.approx(2 * upper_tail(found.bounds[1] or 0))


def test_adjusted__single_look__is_the_fixed_interval() -> None:
    found = adjusted_effect(boundary([1.0]), 0.3, 0.1)

    assert found.estimate == pytest.approx(0.3, rel=1e-9)
    reach = 0.1 * upper_quantile(0.025)
    assert found.interval.low == pytest.approx(0.3 - reach, rel=1e-8)
    assert found.interval.high == pytest.approx(0.3 + reach, rel=1e-8)
    assert found.p_value == pytest.approx(2 * upper_tail(3.0), rel=1e-9)


def test_adjusted__stopped_at_the_bound__has_p_of_what_was_spent() -> None:
    found = boundary(FIFTHS[:3])
    bound = found.bounds[-1]
    assert bound is not None

    assert adjusted_effect(found, bound, 1.0).p_value == pytest.approx(
        found.looks[-1].spent, rel=1e-8
    )


def test_adjusted__stopped_early__is_smaller_than_what_was_seen() -> None:
    found = adjusted_effect(boundary(FIFTHS[:3]), 2.8, 1.0)

    assert found.estimate < 2.8
    assert found.interval.low < found.estimate < found.interval.high


@settings(max_examples=25)
@given(z=st.floats(-12, 12), looks=st.integers(1, 5))
def test_adjusted__relabelled_variants__flip_the_signs(z: float, looks: int) -> None:
    found = boundary(FIFTHS[:looks])
    one, other = adjusted_effect(found, z, 1.0), adjusted_effect(found, -z, 1.0)

    assert one.estimate == pytest.approx(-other.estimate, abs=1e-7)
    assert one.interval.low == pytest.approx(other.interval.flipped().low, abs=1e-7)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-6, abs=1e-300)


def test_adjusted__money_in_cents__scales_by_a_hundred() -> None:
    euros = adjusted_effect(boundary(FIFTHS[:4]), 0.25, 0.1)
    cents = adjusted_effect(boundary(FIFTHS[:4]), 25.0, 10.0)

    assert cents.estimate == pytest.approx(100 * euros.estimate, rel=1e-9)
    assert cents.p_value == pytest.approx(euros.p_value, rel=1e-12)


@pytest.mark.parametrize("drift", [0.0, 1.0, 2.8])
def test_adjusted__paths_of_a_known_effect__cover_it_without_bias(
    drift: float, rng: np.random.Generator
) -> None:
    designs = [boundary(FIFTHS[: look + 1]) for look in range(5)]
    bounds = np.array([each or 0.0 for each in designs[-1].bounds])
    steps = rng.normal(drift * 0.2, math.sqrt(0.2), (400, 5))
    z = steps.cumsum(axis=1) / np.sqrt(FIFTHS)
    stops = np.where((abs(z) > bounds).any(axis=1), (abs(z) > bounds).argmax(axis=1), 4)

    found = [
        adjusted_effect(designs[look], float(path[look]), 1.0)
        for path, look in zip(z, stops, strict=True)
    ]

    # The error of look k is 1 / √t_k in units of the drift.
    scaled = [drift * math.sqrt(FIFTHS[look]) for look in stops]
    pairs = list(zip(found, scaled, strict=True))
    covered = [each.interval.low <= true <= each.interval.high for each, true in pairs]
    above = [each.estimate > true for each, true in pairs]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.035)  # > 3 Monte Carlo errors
    assert np.mean(above) == pytest.approx(0.5, abs=0.08)


def test_adjusted__earlier_looks__agree_with_direct_crossings() -> None:
    found = boundary(FIFTHS[:4])
    interval = adjusted_effect(found, 2.6, 1.0).interval
    times = [time for time, _ in found.held]
    bounds = [*(bound for _, bound in found.held[:-1]), 2.6]

    reached = crossings(times, bounds, drift=interval.low / math.sqrt(0.8))

    assert math.fsum(each.above for each in reached) == pytest.approx(0.025, rel=1e-7)


@pytest.mark.parametrize("z", [-25.0, -1.0, 0.5, 2.0, 25.0])
def test_adjusted__one_sided__solves_its_own_tail(z: float) -> None:
    found = boundary(FIFTHS[:3], is_two_sided=False)
    adjusted = adjusted_effect(found, z, 1.0)
    times, bounds = [0.2, 0.4, 0.6], [*(found.bounds[:-1]), z]

    def tail(effect: float) -> float:
        drift = effect / math.sqrt(0.6)
        reached = crossings(times, [each or 0.0 for each in bounds], drift=drift, sides=1)
        return math.fsum(each.above for each in reached)

    assert tail(adjusted.estimate) == pytest.approx(0.5, abs=1e-7)
    assert tail(adjusted.interval.low) == pytest.approx(0.025, abs=1e-7)
    assert adjusted.p_value == pytest.approx(tail(0.0), rel=1e-9)


def test_information__errors__never_shrinks() -> None:
    assert information_of_errors([2.0, 1.0, 1.1], 0.5) == pytest.approx((0.0625, 0.25, 0.25))
    assert information_fraction(0, 10) == 0


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_information__impossible_error__raises(bad: float) -> None:
    with pytest.raises(InvalidInputError):
        information_of_errors([bad], 1.0)
    with pytest.raises(InvalidInputError):
        information_of_errors([1.0], bad)


@pytest.mark.parametrize(("n", "planned"), [(-1, 10), (5, 0)])
def test_information__impossible_units__raises(n: int, planned: int) -> None:
    with pytest.raises(InvalidInputError):
        information_fraction(n, planned)


@pytest.mark.parametrize(
    ("effect", "se"), [(math.nan, 1.0), (1.0, 0.0), (1.0, -1.0), (1.0, math.inf)]
)
def test_adjusted__impossible_effect__raises(effect: float, se: float) -> None:
    with pytest.raises(InvalidInputError):
        adjusted_effect(boundary([1.0]), effect, se)


def test_look__that_does_not_exist__raises() -> None:
    for call in (reference_at, nominal_p_value):
        with pytest.raises(InvalidInputError):
            call(boundary([0.5]), index=1)
    with pytest.raises(InvalidInputError):
        adjusted_effect(boundary([]), 1.0, 1.0)
    with pytest.raises(InvalidInputError):
        repeated_p_value(boundary([0.5]), math.nan)
