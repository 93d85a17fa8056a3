"""Optimised interleaving: of all fair ways to mix two rankings, the one that tells most."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.special import entr

from analytics.errors import InvalidInputError
from analytics.stats.interleaving.lists import Ranking, require_rankings
from analytics.stats.results import Plain

MAX_K = 12  # up to 2^k lists: beyond it the program is slow and adds nothing


class CreditRule(StrEnum):
    """What a click on an item says: by how much treatment ranks it higher than control."""

    LINEAR = "linear"  # rank in a − rank in b
    INVERSE = "inverse"  # 1 / rank in b − 1 / rank in a
    BINARY = "binary"  # the sign of either


@dataclass(frozen=True, slots=True)
class OptimisedDesign(Plain):
    """The lists to show, how often, and the credit of a click on each slot, positive for b."""

    lists: tuple[tuple[str, ...], ...]
    probabilities: tuple[float, ...]
    credits: tuple[tuple[float, ...], ...]

    def draw(self, rng: np.random.Generator) -> tuple[tuple[str, ...], tuple[float, ...]]:
        """Return a list to show, and the credit of each of its slots."""
        chosen = int(rng.choice(len(self.lists), p=self.probabilities))
        return self.lists[chosen], self.credits[chosen]


def optimised_design(
    a: Ranking, b: Ranking, k: int, *, rule: CreditRule = CreditRule.LINEAR
) -> OptimisedDesign | None:
    """Return the most sensitive fair design over the allowed lists, or None without a fair one.

    Linear program over the probabilities of `allowed_lists`: at every slot the expected
    credit is 0, so that a unit who clicks by rank alone, whatever its habit, prefers
    nobody; subject to that the mean `sensitivity` is greatest. None where the credit
    rule admits no fair mix, which the binary rule does more often; k at most 12. Source:
    Radlinski & Craswell (2013), Optimized Interleaving for Online Retrieval
    Evaluation, WSDM.
    """
    lists = allowed_lists(a, b, k)
    credit = np.array([[item_credit(item, a, b, rule) for item in items] for items in lists])
    gain = np.array([sensitivity(each) for each in credit])
    found = linprog(
        -gain,
        A_eq=np.vstack([credit.T, np.ones(len(lists))]),
        b_eq=np.append(np.zeros(credit.shape[1]), 1.0),
        bounds=(0, 1),
        method="highs",
    )
    if found.status == 2:  # infeasible
        return None
    if not found.success:
        raise InvalidInputError(f"the design could not be solved: {found.message}")
    return _design(lists, np.asarray(found.x, dtype=np.float64), credit)


def allowed_lists(a: Ranking, b: Ranking, k: int) -> list[tuple[str, ...]]:
    """Return every list whose each next item is the best unseen one of `a` or of `b`.

    All of the same length: k, or as many items as there are.

    >>> allowed_lists("ab", "ba", 2)
    [('a', 'b'), ('b', 'a')]
    """
    require_rankings([a, b], k)
    if k > MAX_K:
        raise InvalidInputError(f"at most {MAX_K} slots can be optimised, k was {k}")
    lists: list[tuple[str, ...]] = [()]
    for _ in range(min(k, len({*a, *b}))):
        lists = [
            (*items, pick)
            for items in lists
            for pick in dict.fromkeys(
                next(item for item in ranking if item not in items)
                for ranking in (a, b)
                if not set(ranking) <= set(items)
            )
        ]
    return lists


def item_credit(item: str, a: Ranking, b: Ranking, rule: CreditRule) -> float:
    """Return the credit of a click on the item, positive when `b` ranks it higher.

    An item that a ranking lacks stands one below its end.
    """
    rank_a, rank_b = (
        list(ranking).index(item) + 1 if item in ranking else len(ranking) + 1 for ranking in (a, b)
    )
    if rule is CreditRule.LINEAR:
        return float(rank_a - rank_b)
    if rule is CreditRule.INVERSE:
        return 1 / rank_b - 1 / rank_a
    return float((rank_a > rank_b) - (rank_a < rank_b))


def sensitivity(slot_credits: Sequence[float] | NDArray[np.float64]) -> float:
    """Return how much one click on the list is expected to tell, in [0, 1].

    The probability that it decides at all, times the entropy in bits of whom it decides
    for, the click falling on slot i in proportion to 1 / i.
    """
    values = np.asarray(slot_credits, dtype=np.float64)
    odds = 1 / np.arange(1, len(values) + 1)
    odds /= odds.sum()
    wins = np.array([odds[values > 0].sum(), odds[values < 0].sum()])
    decided = wins.sum()
    if decided == 0:
        return 0.0
    return float(decided * entr(wins / decided).sum() / np.log(2))


def _design(
    lists: Sequence[tuple[str, ...]], solution: NDArray[np.float64], credit: NDArray[np.float64]
) -> OptimisedDesign:
    """Return the lists that are shown at all; rounding of the solver is scaled away."""
    shown = [i for i, probability in enumerate(solution) if probability > 1e-12]
    total = float(solution[shown].sum())
    return OptimisedDesign(
        tuple(lists[i] for i in shown),
        tuple(float(solution[i]) / total for i in shown),
        tuple(tuple(map(float, credit[i])) for i in shown),
    )
