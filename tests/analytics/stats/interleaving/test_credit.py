"""Clicks and purchases, and whom they speak for."""

import pytest

from analytics.stats.interleaving.credit import (
    DAY_US,
    Click,
    Purchase,
    click_credits,
    purchase_credits,
    winner_of,
)
from analytics.stats.interleaving.team_draft import draft

# Shared: a. Then x, c for team 0 and y, d for team 1.
LISTS = {
    "l1": draft(["axc", "ayd"], 5, [(0, 1)] * 3),
    "l2": draft(["axc", "xyd"], 4, [(1, 0)] * 2),
}


def test_clicks__slots__count_for_their_team_once_each() -> None:
    clicks = [Click("l1", item, at) for at, item in enumerate("yxydd")]

    # l1 is a (0), y (1), x (0), d (1), c (0); the repeated clicks add nothing.
    assert click_credits(LISTS, clicks) == {"l1": (1, 2)}


def test_clicks__shared_slot__counts_for_nobody() -> None:
    assert click_credits(LISTS, [Click("l1", "a", 0)]) == {"l1": (0, 0)}


def test_clicks__same_item_in_two_lists__counts_in_both() -> None:
    clicks = [Click("l1", "x", 0), Click("l2", "x", 1)]

    assert click_credits(LISTS, clicks) == {"l1": (1, 0), "l2": (0, 1)}


def test_clicks__none__gives_no_list() -> None:
    assert click_credits(LISTS, []) == {}


@pytest.mark.parametrize("click", [Click("l9", "a", 0), Click("l1", "z", 0)])
def test_clicks__unknown_list_or_item__raises(click: Click) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        click_credits(LISTS, [click])


def test_purchases__item_clicked_twice__counts_for_the_last_click() -> None:
    clicks = [Click("l1", "x", 0), Click("l2", "x", 100)]

    assert purchase_credits(LISTS, clicks, [Purchase("x", 200)]) == {"l1": (0, 0), "l2": (0, 1)}
    assert purchase_credits(LISTS, clicks, [Purchase("x", 50)]) == {"l1": (1, 0), "l2": (0, 0)}


@pytest.mark.parametrize(
    ("at_us", "credit"), [(DAY_US, (1, 0)), (DAY_US + 1, (0, 0)), (-1, (0, 0)), (0, (1, 0))]
)
def test_purchases__window__is_a_day_after_the_click(at_us: int, credit: tuple[int, int]) -> None:
    found = purchase_credits(LISTS, [Click("l1", "x", 0)], [Purchase("x", at_us)])

    assert found == {"l1": credit}


def test_purchases__same_item_twice__counts_once() -> None:
    found = purchase_credits(LISTS, [Click("l1", "x", 0)], [Purchase("x", 1), Purchase("x", 2)])

    assert found == {"l1": (1, 0)}


def test_purchases__item_never_clicked__counts_for_nobody() -> None:
    assert purchase_credits(LISTS, [Click("l1", "x", 0)], [Purchase("y", 1)]) == {"l1": (0, 0)}


def test_purchases__negative_window__raises() -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        purchase_credits(LISTS, [], [], window_us=-1)


def test_winner__several_rankings__compares_the_two_asked_for() -> None:
    assert winner_of((3, 0, 1), first=1, second=2) == 1
    assert winner_of((3, 0, 1), first=0, second=2) == -1
