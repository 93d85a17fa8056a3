"""Posteriors of shares."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln, ndtr
from scipy.stats import beta as beta_law

from analytics.errors import InvalidInputError
from analytics.stats.bayes.beta_binomial import (
    BetaPosterior,
    beta_posterior,
    choose_share,
    expected_losses,
    prob_best_share,
)
from analytics.stats.bayes.intervals import (
    RopeDecision,
    equal_tail_interval,
    highest_density_interval,
    rope_decision,
)
from analytics.stats.results import Interval

A, B = beta_posterior(120, 1000), beta_posterior(144, 1000)
POSTERIORS = st.builds(BetaPosterior, st.floats(0.3, 1e5), st.floats(0.3, 1e5))


def test_choose__reference_shares__gives_the_published_values() -> None:
    found, equal, shortest = (
        choose_share(A, B),
        equal_tail_interval(B),
        highest_density_interval(B),
    )

    # ▸ §9
    assert found.probability == pytest.approx(0.9433285821, rel=1e-9)
    assert found.loss_ship == pytest.approx(3.664529105e-4, rel=1e-9)
    assert found.loss_keep == pytest.approx(0.02431854872, rel=1e-9)
    assert (equal.low, equal.high) == pytest.approx((0.1236221406, 0.1671420664), rel=1e-9)
    assert (shortest.low, shortest.high) == pytest.approx((0.12316955, 0.16664996), rel=1e-7)


def test_prob_best__reference_posteriors__gives_the_published_values() -> None:
    posteriors = [BetaPosterior(121, 881), BetaPosterior(145, 857), BetaPosterior(133, 869)]

    # ▸ §9
    assert prob_best_share(posteriors) == pytest.approx(
        (0.03380687, 0.75820849, 0.20798464), abs=5e-9
    )


@settings(max_examples=40)
@given(a=st.integers(1, 400), b=st.integers(1, 400), c=st.integers(1, 200), d=st.integers(1, 400))
def test_choose__whole_counts__agrees_with_the_closed_sum(a: int, b: int, c: int, d: int) -> None:
    terms = [
        math.exp(betaln(a + i, b + d) - math.log(d + i) - betaln(1 + i, d) - betaln(a, b))
        for i in range(c)
    ]

    found = choose_share(BetaPosterior(a, b), BetaPosterior(c, d))

    assert found.probability == pytest.approx(math.fsum(terms), rel=1e-8, abs=1e-11)


@settings(max_examples=40)
@given(a=POSTERIORS, b=POSTERIORS)
def test_choose__any_posteriors__is_consistent(a: BetaPosterior, b: BetaPosterior) -> None:
    found, swapped = choose_share(a, b), choose_share(b, a)
    losses = expected_losses([a, b])

    assert found.probability + swapped.probability == pytest.approx(1, abs=1e-9)
    assert found.loss_keep - found.loss_ship == pytest.approx(b.mean - a.mean, abs=1e-9)
    assert found.loss_ship == pytest.approx(swapped.loss_keep, rel=1e-9, abs=1e-300)
    assert losses == pytest.approx((found.loss_keep, found.loss_ship), rel=1e-9, abs=1e-300)
    assert prob_best_share([a, b])[1] == pytest.approx(found.probability, abs=1e-9)


def test_choose__shares_next_to_zero__agree_with_adaptive_quadrature() -> None:
    a, b = BetaPosterior(0.5, 2000.5), BetaPosterior(2.5, 1500.5)
    expected = quad(
        lambda x: beta_law.pdf(x, 2.5, 1500.5) * beta_law.cdf(x, 0.5, 2000.5),
        0,
        0.02,
        epsabs=1e-13,
        limit=200,
    )[0]

    assert choose_share(a, b).probability == pytest.approx(expected, rel=1e-8)


def test_choose__a_trillion_units__agrees_with_the_normal() -> None:
    n, x, more = 10**12, 5 * 10**10, 300_000
    z = more / n / math.sqrt(2 * 0.05 * 0.95 / n)

    found = choose_share(beta_posterior(x, n), beta_posterior(x + more, n))

    assert found.probability == pytest.approx(float(ndtr(z)), abs=1e-6)
    assert found.loss_keep - found.loss_ship == pytest.approx(more / n, rel=1e-4)


def test_choose__nothing_against_everything__is_certain_and_finite() -> None:
    found = choose_share(beta_posterior(0, 10**6), beta_posterior(10**6, 10**6))

    assert (found.probability, found.loss_ship) == (1.0, 0.0)
    assert found.loss_keep == pytest.approx(1, abs=1e-5)


def test_choose__far_apart__tiny_loss_keeps_its_digits() -> None:
    a, b = beta_posterior(100, 1000), beta_posterior(200, 1000)

    def integrand(x: float) -> float:
        return float(beta_law.sf(x, 101, 901) * beta_law.cdf(x, 201, 801))

    expected = quad(integrand, 0.1, 0.2, epsabs=0, epsrel=1e-10, points=[0.14, 0.15])[0]

    assert expected < 1e-10
    assert choose_share(a, b).loss_ship == pytest.approx(expected, rel=1e-6)


def test_choose__no_data__is_even() -> None:
    found = choose_share(beta_posterior(0, 0), beta_posterior(0, 0))

    assert found.probability == pytest.approx(0.5)
    assert found.loss_ship == pytest.approx(1 / 6)


def test_prob_best__one_variant__is_always_the_best() -> None:
    assert prob_best_share([A]) == pytest.approx((1.0,))
    assert expected_losses([A]) == pytest.approx((0.0,), abs=1e-12)


def test_prob_best__several__agrees_with_draws(rng: np.random.Generator) -> None:
    posteriors = [BetaPosterior(3, 9), BetaPosterior(40, 90), BetaPosterior(2, 5)]
    draws = np.array([rng.beta(each.alpha, each.beta, 200_000) for each in posteriors])
    best = draws.max(axis=0)

    wins = [float((row == best).mean()) for row in draws]

    assert prob_best_share(posteriors) == pytest.approx(wins, abs=0.005)
    assert expected_losses(posteriors) == pytest.approx(
        [float((best - row).mean()) for row in draws], abs=0.002
    )


@settings(max_examples=40)
@example(posterior=BetaPosterior(348771.0752724094, 348771.0752724094), mass=0.5168099949697889)
@given(
    posterior=st.builds(BetaPosterior, st.floats(1.01, 1e6), st.floats(1.01, 1e6)),
    mass=st.floats(0.5, 0.99),
)
def test_intervals__any_posterior__hold_their_mass_and_the_shortest_is_shorter(
    posterior: BetaPosterior, mass: float
) -> None:
    equal = equal_tail_interval(posterior, mass=mass)
    shortest = highest_density_interval(posterior, mass=mass)
    law = beta_law(posterior.alpha, posterior.beta)

    assert law.cdf(equal.high) - law.cdf(equal.low) == pytest.approx(mass, rel=1e-6)
    assert law.cdf(shortest.high) - law.cdf(shortest.low) == pytest.approx(mass, rel=1e-6)
    assert shortest.high - shortest.low <= (equal.high - equal.low) * (1 + 1e-9)


def test_interval__falling_or_rising_density__touches_the_end() -> None:
    falling = highest_density_interval(BetaPosterior(1, 10))
    rising = highest_density_interval(BetaPosterior(10, 0.5))

    assert falling.low == 0
    assert falling.high == pytest.approx(1 - 0.05**0.1)
    assert rising.high == 1
    assert highest_density_interval(BetaPosterior(1.0001, 1.5)).low == 0
    assert highest_density_interval(BetaPosterior(1.5, 1.0001)).high == 1


def test_interval__flat_density__is_the_equal_tailed() -> None:
    assert highest_density_interval(BetaPosterior(1, 1)) == equal_tail_interval(BetaPosterior(1, 1))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.03, 0.08, RopeDecision.OUTSIDE),
        (-0.08, -0.03, RopeDecision.OUTSIDE),
        (-0.01, 0.02, RopeDecision.INSIDE),
        (-0.01, 0.03, RopeDecision.UNDECIDED),
        (-0.05, 0.05, RopeDecision.UNDECIDED),
    ],
)
def test_rope__interval__is_outside_inside_or_neither(
    low: float, high: float, expected: RopeDecision
) -> None:
    assert rope_decision(Interval(low, high), low=-0.02, high=0.02) is expected


@pytest.mark.parametrize(("successes", "n"), [(-1, 10), (11, 10), (0, -1)])
def test_posterior__impossible_counts__raises(successes: int, n: int) -> None:
    with pytest.raises(InvalidInputError):
        beta_posterior(successes, n)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_posterior__impossible_prior__raises(bad: float) -> None:
    with pytest.raises(InvalidInputError):
        beta_posterior(1, 2, prior_alpha=bad)


def test_several__no_variants__raises() -> None:
    for call in (prob_best_share, expected_losses):
        with pytest.raises(InvalidInputError):
            call([])


@pytest.mark.parametrize("mass", [0.0, 1.0, math.nan])
def test_intervals__impossible_mass__raises(mass: float) -> None:
    for call in (equal_tail_interval, highest_density_interval):
        with pytest.raises(InvalidInputError):
            call(A, mass=mass)


def test_rope__region_upside_down__raises() -> None:
    with pytest.raises(InvalidInputError):
        rope_decision(Interval(0, 1), low=0.1, high=0.1)
