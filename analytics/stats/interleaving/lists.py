"""Mixed lists and the rankings they come from."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.errors import InvalidInputError
from analytics.stats.results import Plain

Ranking = Sequence[str]  # item ids, best first


@dataclass(frozen=True, slots=True)
class MixedList(Plain):
    """One list mixed from several rankings, with all that crediting it needs later.

    `teams`: the ranking, by index, that put each item there. `orders`: who picked first,
    second … in each round: the coins, kept so that a list can be audited. `n_shared`: the
    leading slots on which all rankings agree; they say nothing about who is better.
    """

    items: tuple[str, ...]
    teams: tuple[int, ...]
    n_teams: int
    orders: tuple[tuple[int, ...], ...]
    n_shared: int

    def team_of(self, item: str) -> int | None:
        """Return the team that a click on the item counts for; None on a shared slot."""
        slot = self.items.index(item)
        return None if slot < self.n_shared else self.teams[slot]


def require_rankings(rankings: Sequence[Ranking], k: int, *, n: int | None = None) -> None:
    """Raise InvalidInputError unless each ranking has items, all different, and k > 0.

    `n`: how many rankings there must be; None asks for two or more.
    """
    if k < 1:
        raise InvalidInputError(f"a list needs at least one slot, k was {k}")
    if len(rankings) < 2 if n is None else len(rankings) != n:
        raise InvalidInputError(f"{n or 'two or more'} rankings are needed, were {len(rankings)}")
    for number, ranking in enumerate(rankings):
        if not ranking:
            raise InvalidInputError(f"ranking {number} is empty")
        if len(set(ranking)) != len(ranking):
            raise InvalidInputError(f"ranking {number} holds an item twice")


def shared_prefix(rankings: Sequence[Ranking], k: int) -> int:
    """Return how many leading slots, at most k, all rankings fill with the same items.

    >>> shared_prefix(["abc", "abd"], 10)
    2
    """
    if not rankings or k < 0:
        raise InvalidInputError(f"need a ranking and k ≥ 0, were {len(rankings)} and {k}")
    for slot, items in enumerate(zip(*rankings, strict=False)):
        if slot == k or len(set(items)) > 1:
            return slot
    return min(k, *map(len, rankings))
