"""Team-draft lists of two and more rankings."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.stats.interleaving.lists import MixedList, shared_prefix
from analytics.stats.interleaving.team_draft import draft, team_draft

A, B = "abcdef", "bcfaed"


def _every_list(rankings: list[str], k: int) -> list[MixedList]:
    """Return the equally likely lists, one for every outcome of the coins."""
    orders = list(itertools.permutations(range(len(rankings))))
    rounds = -(-k // len(rankings))
    return [draft(rankings, k, coins) for coins in itertools.product(orders, repeat=rounds)]


def test_draft__given_coins__picks_the_best_unseen_in_turn() -> None:
    found = draft([A, B], 4, [(1, 0), (0, 1)])

    assert found.items == ("b", "a", "c", "f")
    assert found.teams == (1, 0, 0, 1)
    assert found.orders == ((1, 0), (0, 1))
    assert found.n_shared == 0


@pytest.mark.parametrize("rankings", [[A, B], ["abcd", "dcba", "bdac"]])
def test_draft__every_outcome_of_the_coins__is_fair_at_every_slot(rankings: list[str]) -> None:
    # A unit that clicks by slot alone prefers nobody: each team holds each slot equally often.
    lists = _every_list(rankings, 4)

    for slot in range(4):
        held = np.bincount([each.teams[slot] for each in lists], minlength=len(rankings))
        assert (held == len(lists) / len(rankings)).all()


def test_draft__identical_start__is_shared_and_credits_nobody() -> None:
    for found in _every_list(["abcd", "abdc"], 4):
        assert found.items[:2] == ("a", "b")
        assert found.n_shared == 2
        assert found.team_of("b") is None
        assert found.team_of(found.items[2]) == found.teams[2]


def test_draft__identical_rankings__credit_nobody_at_all() -> None:
    found = draft(["abc", "abc"], 3, [(0, 1), (1, 0)])

    assert [found.team_of(item) for item in "abc"] == [None] * 3


def test_draft__exhausted_ranking__leaves_the_rest_to_the_other() -> None:
    found = draft(["a", "bcd"], 9, [(0, 1)] * 9)

    assert (found.items, found.teams) == (("a", "b", "c", "d"), (0, 1, 1, 1))


rankings = st.permutations("abcdef")


@settings(deadline=None)
@given(st.lists(rankings, min_size=2, max_size=4), st.integers(1, 9), st.integers(0, 2**32))
def test_team_draft__any_rankings__holds_each_item_once_and_is_repeatable(
    drawn: list[list[str]], k: int, seed: int
) -> None:
    found = team_draft(drawn, k, rng=np.random.default_rng(seed))

    assert len(set(found.items)) == len(found.items) == min(k, 6)
    assert found == team_draft(drawn, k, rng=np.random.default_rng(seed))
    assert found == draft(drawn, k, found.orders)
    full_rounds = found.teams[: len(found.teams) // len(drawn) * len(drawn)]
    assert len({full_rounds.count(team) for team in range(len(drawn))}) == 1


def test_team_draft__many_lists__toss_a_fair_coin(rng: np.random.Generator) -> None:
    first = [team_draft([A, B], 1, rng=rng).teams[0] for _ in range(4000)]

    assert np.mean(first) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("rankings", "k"),
    [([A], 3), ([A, ""], 3), ([A, "aba"], 3), ([A, B], 0), ([], 3)],
    ids=["one ranking", "empty", "item twice", "no slot", "none"],
)
def test_team_draft__impossible_input__raises(
    rankings: list[str], k: int, rng: np.random.Generator
) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        team_draft(rankings, k, rng=rng)


@pytest.mark.parametrize("orders", [[], [(0, 0)], [(0, 1, 2)]])
def test_draft__orders_that_are_none__raises(orders: list[tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        draft([A, B], 2, orders)


@pytest.mark.parametrize(
    ("rankings", "k", "n"), [(["abc", "abd"], 2, 2), (["ab", "abc"], 5, 2), (["ba", "ab"], 5, 0)]
)
def test_prefix__rankings__is_their_common_start(rankings: list[str], k: int, n: int) -> None:
    assert shared_prefix(rankings, k) == n
