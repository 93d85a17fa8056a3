"""Hours in which nothing came although something usually does, and silent variants. Pure.

Hours are compared with the same hour of other days. A hole is told only where so much was due that
chance cannot have made it: with 20 due, none comes once in 500 million hours.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

DUE = 20.0
NEAR_DAYS = 4  # on each side: what is usual changes with the weeks
LEAST_DAYS = 3  # other days that show the hour, below which nothing is usual


@dataclass(frozen=True, slots=True)
class Silence:
    """Hours [first, stop), since 1970, in which a variant (or all, None) had nothing of `due`."""

    first: int
    stop: int
    due: float
    variant_id: int | None = None

    @property
    def hours(self) -> int:
        """Return how long it was."""
        return self.stop - self.first


def holes(seen: Mapping[int, int], first: int, stop: int, out: frozenset[int]) -> list[Silence]:
    """Return the stretches of hours [first, stop) without anything where at least 20 were due.

    `seen`: how much by hour. `out`: hours that do not count, such as those of a pause.
    """
    found: list[Silence] = []
    for hour in range(first, stop):
        if seen.get(hour) or hour in out:
            continue
        due = _usual(seen, hour, first, stop, out)
        if due < DUE:
            continue
        if found and found[-1].stop == hour:
            found[-1] = Silence(found[-1].first, hour + 1, found[-1].due + due)
        else:
            found.append(Silence(hour, hour + 1, due))
    return found


def _usual(seen: Mapping[int, int], hour: int, first: int, stop: int, out: frozenset[int]) -> float:
    """Return the median of the same hour on the days around; 0 where too few show it."""
    near = [
        hour + 24 * day
        for day in range(-NEAR_DAYS, NEAR_DAYS + 1)
        if day and first <= hour + 24 * day < stop and hour + 24 * day not in out
    ]
    return median(seen.get(each, 0) for each in near) if len(near) >= LEAST_DAYS else 0.0


def silences(
    seen: Mapping[int, Counter[int]], shares: Mapping[int, float], stop: int
) -> list[Silence]:
    """Return the stretches in which one variant had nothing while the others had plenty.

    `shares`: of each variant in all that arrives. What is due to the silent one is told by what
    the others had meanwhile; at least 20.
    """
    return [
        silence
        for variant_id, share in shares.items()
        if 0 < share < 1
        for silence in _silences_of(variant_id, share / (1 - share), seen, stop)
    ]


def _silences_of(
    variant_id: int, odds: float, seen: Mapping[int, Counter[int]], stop: int
) -> Sequence[Silence]:
    found: list[Silence] = []
    first, due = None, 0.0
    for hour in [*sorted(seen), stop]:
        counts = seen.get(hour, Counter())
        if hour == stop or counts[variant_id]:
            if first is not None and due >= DUE:
                found.append(Silence(first, hour, due, variant_id))
            first, due = None, 0.0
            continue
        first = hour if first is None else first
        due += odds * counts.total()
    return found
