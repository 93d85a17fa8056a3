"""Whether a share of units differs between variants beyond chance, and by how much. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.stats.proportions import pooled_test, wilson_interval

ALARM = 0.001  # as for the split: an alarm means a fault
LEAST = 100  # units in each of two variants, below which shares are not compared


@dataclass(frozen=True, slots=True)
class Gap:
    """The two variants (places) that lie furthest apart; `p_value` for all pairs together."""

    low: int
    high: int
    size: float
    p_value: float


def widest_gap(successes: Sequence[int], totals: Sequence[int]) -> Gap | None:
    """Return the largest difference of shares between two variants of enough units.

    The pooled z-test of that pair, its p times the number of pairs (Bonferroni), for the pair was
    chosen by what is tested. None where fewer than two variants have 100 units.

    >>> widest_gap([100, 150], [1000, 1000]).size
    0.05
    """
    places = [place for place, total in enumerate(totals) if total >= LEAST]
    if len(places) < 2:
        return None
    shares = {place: successes[place] / totals[place] for place in places}
    low, high = min(places, key=shares.__getitem__), max(places, key=shares.__getitem__)
    test = pooled_test(successes[low], totals[low], successes[high], totals[high])
    pairs = len(places) * (len(places) - 1) // 2
    p_value = 1.0 if test is None else min(1.0, pairs * test.p_value)
    return Gap(low, high, shares[high] - shares[low], p_value)


def at_least(successes: int, n: int) -> float:
    """Return the share that is surely reached: the lower end of Wilson's 95 % interval."""
    return wilson_interval(successes, n).low if n else 0.0
