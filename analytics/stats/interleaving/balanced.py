"""Balanced interleaving: simple, and biased when one ranking is a shifted copy of the other."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analytics.errors import InvalidInputError
from analytics.stats.interleaving.lists import Ranking, require_rankings
from analytics.stats.results import Plain


@dataclass(frozen=True, slots=True)
class BalancedList(Plain):
    """A list in which every top holds as many of either ranking's top; `coin`: who led."""

    items: tuple[str, ...]
    coin: int


def balanced(a: Ranking, b: Ranking, k: int, *, rng: np.random.Generator) -> BalancedList:
    """Return a list of up to k items from both rankings, one fair coin for the whole list.

    Prefer `team_draft`: when b is a shifted by one, a unit who clicks at random prefers
    one of them. Source: Joachims (2003), Evaluating Retrieval Performance Using
    Clickthrough Data.
    """
    return balance(a, b, k, coin=int(rng.integers(2)))


def balance(a: Ranking, b: Ranking, k: int, *, coin: int) -> BalancedList:
    """Return the list that the coin makes: 0 lets `a` lead, 1 lets `b`.

    Two pointers walk down the rankings; the one that is behind, or leads on a tie, adds
    its item unless the list has it already.

    >>> balance("abc", "bde", 4, coin=0).items
    ('a', 'b', 'd', 'c')
    """
    require_rankings([a, b], k)
    if coin not in (0, 1):
        raise InvalidInputError(f"the coin is 0 or 1, was {coin}")
    rankings, at = (a, b), [0, 0]
    items: list[str] = []
    while len(items) < k:
        open_ = [side for side in (0, 1) if at[side] < len(rankings[side])]
        if not open_:
            break
        side = min(open_, key=lambda each: (at[each], each != coin))
        item = rankings[side][at[side]]
        at[side] += 1
        if item not in items:
            items.append(item)
    return BalancedList(tuple(items), coin)


def balanced_credit(
    mixed: BalancedList, a: Ranking, b: Ranking, clicked: Iterable[str]
) -> tuple[int, int]:
    """Return the clicks that `a` and `b` are credited with.

    The lowest clicked item's better rank r in the two rankings bounds what was looked
    at; a ranking gets one credit per clicked item among its top r.
    """
    clicks = set(clicked)
    unknown = clicks - set(mixed.items)
    if unknown:
        raise InvalidInputError(f"clicked items are not in the list: {sorted(unknown)}")
    if not clicks:
        return 0, 0
    lowest = max(clicks, key=mixed.items.index)
    depth = 1 + min(list(ranking).index(lowest) for ranking in (a, b) if lowest in ranking)
    return len(clicks.intersection(a[:depth])), len(clicks.intersection(b[:depth]))
