"""Estimates from adaptive data: published numbers, exact unbiasedness, a simulated bandit."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.stats.adaptive.aipw import (
    Weighting,
    adaptive_effect,
    adaptive_estimate,
    aipw_scores,
    decision_weights,
    running_means,
)
from analytics.stats.adaptive.posteriors import beta_posterior
from analytics.stats.adaptive.thompson import best_probabilities, choose_variants, with_floor
from analytics.stats.results import Status

Y, CHOSEN, E, MU = [1, 0, 1, 1], [1, 0, 1, 0], [0.5, 0.6, 0.7, 0.8], [0, 1, 1, 1]


def test_aipw__reference_decisions__gives_the_published_values() -> None:
    scores = aipw_scores(Y, CHOSEN, E, MU)
    uniform = adaptive_estimate(scores)
    rooted = adaptive_estimate(scores, decision_weights(E, Weighting.CONSTANT_ALLOCATION))

    # ▸ §15
    assert scores == pytest.approx([2, 1, 1, 1], rel=1e-6)
    assert uniform.value == pytest.approx(1.25, rel=1e-6)
    assert rooted.value == pytest.approx(1.220091146, rel=1e-6)
    assert rooted.se == pytest.approx(0.1982905554, rel=1e-6)


def test_means__batches__use_only_earlier_ones() -> None:
    found = running_means([1, 0, 1, 1, 0], [1, 1, 1, 0, 1], batches=[1, 1, 2, 2, 5], start=0.3)

    assert found == pytest.approx([0.3, 0.3, 0.5, 0.5, 2 / 3])


def test_means__change_of_a_later_outcome__changes_nothing_before() -> None:
    first = running_means([1, 0, 1, 1], CHOSEN)
    second = running_means([1, 0, 0, 1], CHOSEN)

    assert (first[:3] == second[:3]).all()
    assert first[3] != second[3]


def _history_odds(history: tuple[tuple[int, int], ...]) -> float:
    """Return the chance of variant 1 after a history: greedy with a floor."""
    totals = [[y for a, y in history if a == arm] for arm in (0, 1)]
    means = [sum(ys) / len(ys) if ys else 0.5 for ys in totals]
    return 0.5 if means[0] == means[1] else 0.9 if means[1] > means[0] else 0.1


def test_aipw__every_history_of_four_decisions__is_unbiased_where_the_mean_is_not() -> None:
    rates = (0.3, 0.6)
    expected, naive, whole = np.zeros(2), np.zeros(2), 0.0
    for history in itertools.product(itertools.product((0, 1), (0, 1)), repeat=4):
        e1 = np.array([_history_odds(history[:t]) for t in range(4)])
        chosen = np.array([a for a, _ in history])
        y = np.array([o for _, o in history], dtype=float)
        odds = np.where(chosen == 1, e1, 1 - e1)
        outcome_odds = np.where(y == 1, np.take(rates, chosen), 1 - np.take(rates, chosen))
        probability = float(np.prod(odds * outcome_odds))
        whole += probability
        for arm in (0, 1):
            taken, e = chosen == arm, e1 if arm else 1 - e1
            scores = aipw_scores(y, taken, e, running_means(y, taken))
            expected[arm] += probability * (adaptive_estimate(scores).value or 0.0)
            naive[arm] += probability * (y[taken].mean() if taken.any() else rates[arm])

    assert whole == pytest.approx(1)
    assert expected == pytest.approx(rates, abs=1e-12)
    assert (naive < np.array(rates) - 0.01).all()


def test_effect__both_variants__is_the_difference_with_its_joint_error(
    rng: np.random.Generator,
) -> None:
    a, b = rng.normal(1, 1, 500), rng.normal(1.5, 1, 500)

    found = adaptive_effect((a, None), (b, None))

    assert found.value == pytest.approx(np.mean(b - a))
    assert found.se == pytest.approx(np.std(b - a) / np.sqrt(500))
    assert found.interval is not None
    assert found.p_value is not None
    assert found.interval.excludes(0) == (found.p_value < 0.05)


def test_effect__against_nothing__is_the_single_estimate(rng: np.random.Generator) -> None:
    scores, h = rng.normal(size=50), rng.uniform(0.2, 1, 50)

    found = adaptive_effect((np.zeros(50), None), (scores, h))

    assert found == adaptive_estimate(scores, h)


@pytest.mark.parametrize(
    ("scores", "status"),
    [
        ([], Status.INSUFFICIENT_DATA),
        ([1], Status.INSUFFICIENT_DATA),
        ([2, 2], Status.ZERO_VARIANCE),
    ],
)
def test_estimate__nothing_to_judge__says_why(scores: list[float], status: Status) -> None:
    found = adaptive_estimate(scores)

    assert (found.status, found.se, found.interval) == (status, None, None)
    assert adaptive_effect((scores, None), (scores, None)).se is None


@pytest.mark.parametrize(
    ("chosen", "e"),
    [([1, 0], [0.5, 0.0]), ([1, 0], [0.5, 1.1]), ([1, 2], [0.5, 0.5]), ([1], [0.5, 0.5])],
)
def test_scores__impossible_input__raises(chosen: list[int], e: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        aipw_scores([1, 0], chosen, e, [0, 0])


def test_means__batches_that_go_back__raises() -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        running_means([1, 0], [1, 1], batches=[2, 1])


def _bandit(rng: np.random.Generator) -> tuple[NDArray[np.float64], ...]:
    """Return outcomes, choices and odds of variant 1: two equal shares, 20 batches of 100."""
    tallies = np.zeros((2, 2), dtype=int)  # successes and failures by variant
    parts = []
    for batch in range(20):
        odds = with_floor(best_probabilities([beta_posterior(*map(int, t)) for t in tallies]))
        chosen, _ = choose_variants(odds, 100, rng=rng)
        y = (rng.random(100) < 0.1).astype(float)
        for arm in (0, 1):
            won = int(y[chosen == arm].sum())
            tallies[arm] += (won, int((chosen == arm).sum()) - won)
        parts.append(np.stack([y, chosen, np.full(100, odds[1]), np.full(100, batch)]))
    return tuple(np.concatenate(parts, axis=1))


@pytest.mark.slow
def test_bandit__two_equal_variants__plain_mean_is_biased_and_scores_are_not(
    rng: np.random.Generator,
) -> None:
    plain, scored, covered = [], [], []
    for _ in range(400):
        y, chosen, e, batch = _bandit(rng)
        found = adaptive_estimate(
            aipw_scores(y, chosen, e, running_means(y, chosen, batches=batch))
        )
        plain.append(y[chosen == 1].mean())
        scored.append(found.value)
        covered.append(found.interval is not None and not found.interval.excludes(0.1))

    # Published: plain −0.0042, scores 0.0002, coverage 0.949; here within Monte Carlo error.
    assert np.mean(plain) - 0.1 == pytest.approx(-0.0042, abs=0.0025)
    assert np.array(scored, dtype=float).mean() - 0.1 == pytest.approx(0.0, abs=0.0025)
    assert np.mean(covered) == pytest.approx(0.949, abs=0.03)
