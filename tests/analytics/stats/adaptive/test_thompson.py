"""Odds of being best, the floor, top-two, and choices with their exact propensity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.stats.adaptive.posteriors import BetaPosterior, NormalPosterior, Posterior
from analytics.stats.adaptive.thompson import (
    best_probabilities,
    best_probabilities_by_draws,
    choose_variants,
    top_two,
    with_floor,
)

THREE = [BetaPosterior(121, 881), BetaPosterior(145, 857), BetaPosterior(133, 869)]


def test_best__three_shares__gives_the_published_values() -> None:
    assert best_probabilities(THREE) == pytest.approx(
        [0.03380687, 0.75820849, 0.20798464], abs=1e-8
    )


@pytest.mark.parametrize(("gap", "sd"), [(0.5, 2.0), (0.5, 1e-3), (3.0, 1.0), (0.0, 1e-6)])
def test_best__two_normals__agrees_with_the_closed_form(gap: float, sd: float) -> None:
    found = best_probabilities([NormalPosterior(0, 1), NormalPosterior(gap, sd)])

    assert found[1] == pytest.approx(stats.norm.cdf(gap / np.hypot(1, sd)), abs=1e-8)


def test_best__one_sure_and_one_open__meets_the_step() -> None:
    # A uniform share exceeds one known to be 0.1 with probability 0.9.
    found = best_probabilities([BetaPosterior(1, 1), BetaPosterior(1e11, 9e11)])

    assert found == pytest.approx([0.9, 0.1], abs=1e-6)


def test_best__draws__agree_within_their_error(rng: np.random.Generator) -> None:
    found = best_probabilities_by_draws(THREE, rng=rng, n_draws=100_000)

    assert found == pytest.approx(best_probabilities(THREE), abs=0.006)


posteriors = st.lists(
    st.one_of(
        st.builds(BetaPosterior, st.floats(0.5, 1e5), st.floats(0.5, 1e5)),
        st.builds(NormalPosterior, st.floats(-2, 2), st.floats(1e-4, 10)),
    ),
    min_size=2,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(posteriors)
def test_best__any_posteriors__are_probabilities_in_any_order(drawn: list[Posterior]) -> None:
    found = best_probabilities(drawn)

    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    assert best_probabilities(drawn[::-1])[::-1] == pytest.approx(found, abs=1e-12)


def test_top_two__three_variants__follows_the_published_formula() -> None:
    psi, beta = np.array([0.6, 0.3, 0.1]), 0.4
    expected = [
        p * (beta + (1 - beta) * sum(psi[j] / (1 - psi[j]) for j in range(3) if j != i))
        for i, p in enumerate(psi)
    ]

    assert top_two(psi, beta=beta) == pytest.approx(expected)


def test_top_two__simulated__agrees_with_redrawing(rng: np.random.Generator) -> None:
    psi = np.array([0.5, 0.3, 0.2])
    chosen = []
    for _ in range(20_000):
        leader = pick = rng.choice(3, p=psi)
        if rng.random() >= 0.5:
            while pick == leader:
                pick = rng.choice(3, p=psi)
        chosen.append(pick)

    shares = np.bincount(chosen, minlength=3) / len(chosen)
    assert shares == pytest.approx(top_two(psi), abs=0.012)


def test_top_two__certain_leader__shares_the_second_place() -> None:
    assert top_two([0.0, 1.0, 0.0]) == pytest.approx([0.25, 0.5, 0.25])


@pytest.mark.parametrize("k", [2, 5, 20])
def test_floor__certain_leader__keeps_everybody_above(k: int) -> None:
    found = with_floor(np.eye(k)[0])

    assert found.min() == pytest.approx(0.05)
    assert found.sum() == pytest.approx(1)


@pytest.mark.parametrize("floor", [0.51, -0.01, float("nan")])
def test_floor__that_does_not_fit__raises(floor: float) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        with_floor([0.5, 0.5], floor=floor)


def test_choice__propensity__is_that_of_the_variant(rng: np.random.Generator) -> None:
    odds = with_floor([0.9, 0.1, 0.0])

    chosen, propensities = choose_variants(odds, 20_000, rng=rng)

    assert (propensities == odds[chosen]).all()
    assert np.bincount(chosen) / 20_000 == pytest.approx(odds, abs=0.012)


def test_choice__same_seed__is_the_same() -> None:
    first, second = (
        choose_variants([0.3, 0.7], 50, rng=np.random.default_rng(3))[0] for _ in range(2)
    )

    assert (first == second).all()


@pytest.mark.parametrize("odds", [[], [1.0], [0.5, 0.6], [1.5, -0.5], [float("nan"), 1.0]], ids=str)
def test_choice__no_probabilities__raises(odds: list[float], rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        choose_variants(odds, 3, rng=rng)


def test_best__one_variant_or_few_draws__raises(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        best_probabilities(THREE[:1])
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        best_probabilities_by_draws(THREE, rng=rng, n_draws=1999)
