"""A normal prior on the lift, and the best of several normal values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from analytics.errors import InvalidInputError
from analytics.stats.bayes.best import expected_regrets, prob_best
from analytics.stats.bayes.intervals import RopeDecision
from analytics.stats.bayes.normal_lift import (
    lift_posterior,
    lift_rope_decision,
    may_ship,
    rope_mass,
)
from analytics.stats.results import Direction, Estimate

SE = 0.06706653413


def test_lift__reference_lift__gives_the_published_values() -> None:
    found = lift_posterior(0.12, SE)

    # ▸ §9
    assert found.mean == pytest.approx(0.1142882298, rel=1e-9)
    assert found.sd == pytest.approx(0.06545095586, rel=1e-9)
    assert found.probability == pytest.approx(0.9596089393, rel=1e-9)
    assert found.loss_ship == pytest.approx(0.001068684457, rel=1e-8)
    assert found.loss_keep == pytest.approx(0.1153569143, rel=1e-9)
    assert found.interval.low == pytest.approx(-0.01399328640, rel=1e-8)
    assert found.interval.high == pytest.approx(0.2425697461, rel=1e-9)
    assert rope_mass(found, low=-0.02, high=0.02) == pytest.approx(0.0547522076, rel=1e-8)


def test_lift__flat_prior__is_the_likelihood() -> None:
    found = lift_posterior(0.12, SE, prior_sd=None)

    assert (found.mean, found.sd) == (0.12, SE)
    assert found.probability == pytest.approx(norm.cdf(0.12 / SE), rel=1e-12)


@given(lift=st.floats(-2, 2), se=st.floats(1e-4, 1), prior_sd=st.floats(0.01, 2))
def test_lift__any_prior__is_consistent(lift: float, se: float, prior_sd: float) -> None:
    found = lift_posterior(lift, se, prior_sd=prior_sd)

    assert abs(found.mean) <= abs(lift)
    assert found.sd <= min(se, prior_sd)
    assert found.loss_keep - found.loss_ship == pytest.approx(found.mean, abs=1e-12)
    assert min(found.loss_ship, found.loss_keep) >= 0


@given(lift=st.floats(-0.5, 0.5), se=st.floats(0.001, 0.5))
def test_lift__less_is_better__swaps_the_losses(lift: float, se: float) -> None:
    up, down = (lift_posterior(lift, se, direction=each) for each in Direction)

    assert up.probability == pytest.approx(1 - down.probability, abs=1e-12)
    assert (up.loss_ship, up.loss_keep) == (down.loss_keep, down.loss_ship)
    assert up.interval == down.interval


def test_loss__far_from_zero__keeps_its_digits() -> None:
    # φ(z)/z² · (1 − 3/z²…) far out: the plain difference of its terms would be 0 or negative.
    z = 12.0
    found = lift_posterior(z, 1.0, prior_sd=None)

    assert found.loss_ship == pytest.approx(norm.pdf(z) / z**2 * (1 - 3 / z**2), rel=2e-3)


def test_rope__mass_in_either_tail__is_symmetric_and_keeps_its_digits() -> None:
    right = rope_mass(lift_posterior(-1.0, 0.1, prior_sd=None), low=-0.02, high=0.02)
    left = rope_mass(lift_posterior(1.0, 0.1, prior_sd=None), low=-0.02, high=0.02)

    assert right == pytest.approx(left, rel=1e-9)
    assert right == pytest.approx(norm.sf(9.8) - norm.sf(10.2), rel=1e-9)


def test_rope__posterior__is_decided_by_its_interval() -> None:
    clear, none = lift_posterior(0.3, 0.01), lift_posterior(0.0, 0.005)

    assert lift_rope_decision(clear, low=-0.02, high=0.02) is RopeDecision.OUTSIDE
    assert lift_rope_decision(none, low=-0.02, high=0.02) is RopeDecision.INSIDE
    with pytest.raises(InvalidInputError):
        rope_mass(clear, low=0.02, high=-0.02)


@pytest.mark.parametrize(
    ("lift", "se", "expected"), [(0.12, SE, True), (0.12, 0.2, False), (0.001, 0.001, False)]
)
def test_may_ship__lift__needs_a_likely_win_and_a_small_loss(
    lift: float, se: float, expected: bool
) -> None:
    assert may_ship(lift_posterior(lift, se)) is expected


@pytest.mark.parametrize(
    ("lift", "se", "prior_sd"),
    [
        (math.nan, 1, 0.3),
        (math.inf, 1, 0.3),
        (0, 0, 0.3),
        (0, -1, 0.3),
        (0, math.nan, 0.3),
        (0, 1, 0),
        (0, 1, math.inf),
    ],
)
def test_lift__impossible_numbers__raises(lift: float, se: float, prior_sd: float) -> None:
    with pytest.raises(InvalidInputError):
        lift_posterior(lift, se, prior_sd=prior_sd)


@pytest.mark.parametrize("direction", list(Direction))
def test_prob_best__two__is_the_normal_of_their_difference(direction: Direction) -> None:
    pair = [Estimate(100, 1.0, 0.01), Estimate(100, 1.3, 0.04)]
    expected = norm.cdf(direction.sign * 0.3 / math.sqrt(0.05))

    assert prob_best(pair, direction=direction)[1] == pytest.approx(expected, rel=1e-9)


def test_prob_best__narrow_and_wide__agree_with_draws(rng: np.random.Generator) -> None:
    estimates = [Estimate(9, 1.0, 0.1), Estimate(9, 1.1, 1e-9), Estimate(9, 1.2, 1.0)]
    draws = np.array(
        [rng.normal(e.value or 0, (e.variance or 0) ** 0.5, 200_000) for e in estimates]
    )
    best = draws.max(axis=0)

    assert prob_best(estimates) == pytest.approx(
        [float((row == best).mean()) for row in draws], abs=0.005
    )
    assert expected_regrets(estimates) == pytest.approx(
        [float((best - row).mean()) for row in draws], abs=0.01
    )


def test_regrets__less_is_better__measure_how_much_more() -> None:
    regrets = expected_regrets(
        [Estimate(9, 1.0, 1e-8), Estimate(9, 3.0, 1e-8)], direction=Direction.DOWN
    )

    assert regrets == pytest.approx((0.0, 2.0), abs=1e-9)


@pytest.mark.parametrize(
    "estimates",
    [[], [Estimate(0, None, None)], [Estimate(1, 1.0, None)], [Estimate(9, 1.0, 0.0)]],
)
def test_prob_best__no_spread__raises(estimates: list[Estimate]) -> None:
    for call in (prob_best, expected_regrets):
        with pytest.raises(InvalidInputError):
            call(estimates)
