"""Balanced lists, their credit, and the bias they are known for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.stats.interleaving.balanced import balance, balanced, balanced_credit

rankings = st.permutations("abcdef")


@pytest.mark.parametrize(("coin", "items"), [(0, "abdc"), (1, "bade")])
def test_balance__coin__decides_who_leads(coin: int, items: str) -> None:
    assert balance("abcd", "bdef", 4, coin=coin).items == tuple(items)


@settings(deadline=None)
@given(rankings, rankings, st.integers(0, 1))
def test_balance__every_top__holds_as_many_of_either(a: list[str], b: list[str], coin: int) -> None:
    found = balance(a, b, 6, coin=coin).items

    for n in range(1, 7):
        tops = [(i, j) for i in range(7) for j in range(7) if {*a[:i], *b[:j]} == {*found[:n]}]
        assert min(abs(i - j) for i, j in tops) <= 1


def test_credit__lowest_click__bounds_what_was_seen() -> None:
    # The lowest click, d, is second in b: looked at are a, b of a and b, d of b.
    mixed = balance("abcd", "bdca", 4, coin=0)

    assert balanced_credit(mixed, "abcd", "bdca", ["d"]) == (0, 1)
    assert balanced_credit(mixed, "abcd", "bdca", ["d", "b", "b"]) == (1, 2)
    assert balanced_credit(mixed, "abcd", "bdca", []) == (0, 0)


def test_balanced__shifted_copy__wins_random_clicks() -> None:
    # The known flaw: b is a without its first item, and wins two random clicks of three.
    a, b = "abcd", "bcd"
    wins = {"a": 0.0, "b": 0.0}
    for coin in (0, 1):
        mixed = balance(a, b, 3, coin=coin)
        for item in mixed.items:
            for_a, for_b = balanced_credit(mixed, a, b, [item])
            wins["a"] += (for_a > for_b) / 6
            wins["b"] += (for_b > for_a) / 6

    assert wins == pytest.approx({"a": 1 / 3, "b": 2 / 3})


def test_balanced__seed__makes_the_coin(rng: np.random.Generator) -> None:
    coins = [balanced("ab", "ba", 2, rng=rng).coin for _ in range(2000)]

    assert np.mean(coins) == pytest.approx(0.5, abs=0.04)


def test_balance__short_rankings__end_the_list() -> None:
    assert balance("ab", "b", 9, coin=0).items == ("a", "b")


@pytest.mark.parametrize(("a", "b", "coin"), [("ab", "", 0), ("aa", "b", 0), ("ab", "ba", 2)])
def test_balance__impossible_input__raises(a: str, b: str, coin: int) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        balance(a, b, 2, coin=coin)


def test_credit__click_outside_the_list__raises() -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        balanced_credit(balance("ab", "ba", 2, coin=0), "ab", "ba", ["z"])
