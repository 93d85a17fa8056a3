"""Drawn lists: how often an item is shown is just what is written with it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from recommenders.reranking.exploration import draw, epsilon, greedy, inclusion, softmax
from recommenders.reranking.settings import Exploration

SCORES = np.array([3.0, 2.5, 2.4, 1.0, 0.9, 0.8, 0.1, -4.0], np.float32)
KINDS = {
    "softmax": Exploration("softmax", temperature=0.7),
    "hot softmax": Exploration("softmax", temperature=20.0),
    "cold softmax": Exploration("softmax", temperature=0.05),
    "epsilon": Exploration("epsilon", share=0.3),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 3, 7, 8])
def test_shares__over_many_draws__are_the_written_propensities(kind: str, size: int) -> None:
    n_draws = 20_000
    odds = inclusion(SCORES, size, KINDS[kind])
    shown = np.zeros(len(SCORES))

    for seed in range(n_draws):
        shown[draw(odds, np.random.default_rng(seed))] += 1

    error = np.sqrt(odds * (1 - odds) / n_draws)
    assert (np.abs(shown / n_draws - odds) <= 4 * error + 1e-12).all()


@given(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60),
    st.floats(0.1, 60),
    st.sampled_from(sorted(KINDS)),
)
@settings(deadline=None)
def test_inclusion__of_any_scores__sums_to_the_size(
    values: list[float], size: float, kind: str
) -> None:
    odds = inclusion(np.array(values, np.float32), size, KINDS[kind])

    assert ((odds >= 0) & (odds <= 1)).all()
    assert_allclose(odds.sum(), min(size, len(values)), rtol=1e-9)


@given(st.integers(1, 12), st.integers(0, 10_000))
@settings(deadline=None)
def test_draw__of_a_whole_sum__takes_just_so_many_once_each(size: int, seed: int) -> None:
    odds = softmax(np.linspace(0, 3, 12).astype(np.float32), size, 0.5)

    taken = draw(odds, np.random.default_rng(seed))

    assert len(set(taken.tolist())) == len(taken) == size
    assert taken.tolist() == sorted(taken.tolist())


def test_draw__of_one_seed__is_always_the_same() -> None:
    odds = epsilon(30, 10, 0.5)

    first, second = (draw(odds, np.random.default_rng(7)) for _ in range(2))

    assert first.tolist() == second.tolist()


def test_softmax__of_one_place__is_the_softmax_of_standard_scores() -> None:
    scores = np.array([1.0, 2.0, 4.0], np.float32)
    standard = (scores - scores.mean()) / scores.std()
    expected = np.exp(standard / 0.5) / np.exp(standard / 0.5).sum()

    assert_allclose(softmax(scores, 1, 0.5), expected, rtol=1e-6)


def test_softmax__scores_in_other_units__is_the_same() -> None:
    assert_allclose(softmax(SCORES, 3, 0.5), softmax(SCORES * 100 - 7, 3, 0.5), rtol=1e-4)


def test_softmax__all_scores_alike__shares_alike() -> None:
    assert_allclose(softmax(np.zeros(4, np.float32), 2, 0.5), [0.5] * 4)


def test_inclusion__without_exploration__is_certain_for_the_first() -> None:
    assert inclusion(SCORES, 2.25, None).tolist() == [1, 1, 0.25, 0, 0, 0, 0, 0]
    assert greedy(2, 5).tolist() == [1, 1]
    assert inclusion(np.zeros(0, np.float32), 3, None).tolist() == []
