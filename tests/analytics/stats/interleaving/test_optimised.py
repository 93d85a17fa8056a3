"""Optimised designs: fair at every slot, and no fair design tells more."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.stats.interleaving.optimised import (
    CreditRule,
    allowed_lists,
    item_credit,
    optimised_design,
    sensitivity,
)

rankings = st.permutations("abcde")


@settings(max_examples=25, deadline=None)
@given(rankings, rankings, st.integers(1, 5), st.sampled_from(CreditRule))
def test_design__any_rankings__gives_no_credit_to_clicks_by_rank(
    a: list[str], b: list[str], k: int, rule: CreditRule
) -> None:
    found = optimised_design(a, b, k, rule=rule)

    if found is None:
        assert rule is CreditRule.BINARY
        return
    expected = np.array(found.probabilities) @ np.array(found.credits)
    assert expected == pytest.approx(np.zeros(k), abs=1e-9)
    assert sum(found.probabilities) == pytest.approx(1)


def test_design__two_fair_pairs__shows_the_more_sensitive() -> None:
    # Credits are a −2, b 0, c +2. Fair are abc with cba, and acb with cab. A click decides
    # with 8/11 in the first pair, 3 to 1 at that, and with 9/11, 2 to 1, in the second.
    found = optimised_design("abc", "cba", 3)

    assert found is not None
    assert dict(zip(found.lists, found.probabilities, strict=True)) == pytest.approx(
        {("a", "c", "b"): 0.5, ("c", "a", "b"): 0.5}
    )
    assert sensitivity([-2, 2, 0]) == pytest.approx(9 / 11 * 0.9182958)
    assert sensitivity([-2, 0, 2]) == pytest.approx(8 / 11 * 0.8112781)


def test_design__identical_rankings__shows_the_one_list() -> None:
    found = optimised_design("abc", "abc", 3)

    assert found is not None
    assert found.lists == (("a", "b", "c"),)
    assert found.credits == ((0, 0, 0),)


def test_design__opposite_rankings__mixes_both_evenly() -> None:
    found = optimised_design("ab", "ba", 2)

    assert found is not None
    assert dict(zip(found.lists, found.probabilities, strict=True)) == pytest.approx(
        {("a", "b"): 0.5, ("b", "a"): 0.5}
    )


def test_design__binary_rule_without_a_fair_mix__is_none() -> None:
    # Only the item a speaks for the first ranking; it would have to hold half of every slot.
    assert optimised_design("abcd", "bcda", 4, rule=CreditRule.BINARY) is None


def test_draw__many__follow_the_design(rng: np.random.Generator) -> None:
    found = optimised_design("abcd", "dbca", 3)
    assert found is not None

    drawn = [found.lists.index(found.draw(rng)[0]) for _ in range(4000)]

    shares = np.bincount(drawn, minlength=len(found.lists)) / 4000
    assert shares == pytest.approx(found.probabilities, abs=0.03)


def test_lists__each_next_item__is_the_best_unseen_of_one() -> None:
    assert allowed_lists("abc", "cba", 3) == [
        ("a", "b", "c"),
        ("a", "c", "b"),
        ("c", "a", "b"),
        ("c", "b", "a"),
    ]


def test_lists__fewer_items_than_slots__end_early() -> None:
    assert allowed_lists("a", "ab", 5) == [("a", "b")]


@pytest.mark.parametrize(
    ("rule", "credit"),
    [(CreditRule.LINEAR, 2.0), (CreditRule.INVERSE, 2 / 3), (CreditRule.BINARY, 1.0)],
)
def test_credit__item_third_in_a_and_first_in_b__is_positive(
    rule: CreditRule, credit: float
) -> None:
    assert item_credit("c", "abc", "cab", rule) == pytest.approx(credit)


def test_credit__item_missing_in_one__stands_below_its_end() -> None:
    assert item_credit("z", "abc", "z", CreditRule.LINEAR) == 3


@pytest.mark.parametrize(
    ("credits_", "expected"), [([0, 0], 0.0), ([1, 1], 0.0), ([1, -2], 0.9182958), ([], 0.0)]
)
def test_sensitivity__list__is_the_entropy_of_a_click(
    credits_: list[float], expected: float
) -> None:
    # Slots 1 and 2 get two and one of three clicks: entropy of 2/3.
    assert sensitivity(credits_) == pytest.approx(expected)


@pytest.mark.parametrize(("a", "b", "k"), [("ab", "", 2), ("aa", "b", 2), ("ab", "ba", 13)])
def test_design__impossible_input__raises(a: str, b: str, k: int) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        optimised_design(a, b, k)
