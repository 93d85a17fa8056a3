"""Team-draft interleaving of two rankings, and multileaving of more."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from analytics.errors import InvalidInputError
from analytics.stats.interleaving.lists import (
    MixedList,
    Ranking,
    require_rankings,
    shared_prefix,
)


def team_draft(rankings: Sequence[Ranking], k: int, *, rng: np.random.Generator) -> MixedList:
    """Return a list of up to k items, drafted in turns from two or more rankings.

    Each round a fair draw decides the order; each ranking then adds its best item not
    yet shown, and is credited with it. With two rankings this is team-draft
    interleaving, with more multileaving. Blind to a difference when both contribute
    the same items near the top. Sources: Radlinski, Kurup & Joachims (2008), CIKM;
    Schuth, Sietsma, Whiteson, Lefortier & de Rijke (2014), CIKM.
    """
    return draft(rankings, k, _random_orders(len(rankings), rng))


def draft(rankings: Sequence[Ranking], k: int, orders: Iterable[Sequence[int]]) -> MixedList:
    """Return the list that the given picking orders make, one order per round.

    The part of `team_draft` without chance. Raises InvalidInputError when the orders end
    before the list does, or one is no permutation of the rankings.

    >>> draft(["abc", "bca"], 3, [(0, 1), (1, 0)]).items
    ('a', 'b', 'c')
    """
    require_rankings(rankings, k)
    length = min(k, len(set().union(*rankings)))
    items: list[str] = []
    teams: list[int] = []
    used: list[tuple[int, ...]] = []
    rounds = iter(orders)
    while len(items) < length:
        used.append(_next_order(rounds, len(rankings)))
        for team in used[-1]:
            pick = _best_unseen(rankings[team], items)
            if pick is not None and len(items) < length:
                items.append(pick)
                teams.append(team)
    return MixedList(
        tuple(items), tuple(teams), len(rankings), tuple(used), shared_prefix(rankings, k)
    )


def _next_order(rounds: Iterator[Sequence[int]], n_teams: int) -> tuple[int, ...]:
    order = next(rounds, None)
    if order is None or sorted(order) != list(range(n_teams)):
        raise InvalidInputError(f"a round needs an order of {n_teams} rankings, was {order}")
    return tuple(int(team) for team in order)


def _best_unseen(ranking: Ranking, items: Sequence[str]) -> str | None:
    """Return the ranking's best item that the list lacks, or None when it has no more."""
    return next((item for item in ranking if item not in items), None)


def _random_orders(n_teams: int, rng: np.random.Generator) -> Iterator[list[int]]:
    while True:
        yield rng.permutation(n_teams).tolist()
