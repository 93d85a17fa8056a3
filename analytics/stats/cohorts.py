"""Retention: only units old enough to have come back are counted, in every variant."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidInputError
from analytics.stats.moments import Moments

DAY_US = 86_400_000_000
LAST_DAY = 100_000  # almost three centuries: times in microseconds stay whole 64-bit numbers


@dataclass(frozen=True, slots=True)
class Retention:
    """Moments of the mature units, 1 for one that was active on the day, and who is too young."""

    day: int
    moments: Moments
    n_too_young: int


def is_mature(exposed_us: ArrayLike, *, day: int, until_us: int) -> NDArray[np.bool_]:
    """Return which units were exposed at least day + 1 full days before `until_us`.

    Times in microseconds since the epoch, UTC. Only then is the whole day seen. Raises
    InvalidInputError on a day outside 0..100 000 and on times that are not whole numbers.

    >>> is_mature([0, DAY_US], day=1, until_us=2 * DAY_US).tolist()
    [True, False]
    """
    if not 0 <= day <= LAST_DAY:
        raise InvalidInputError(f"day must lie in 0..{LAST_DAY}, was {day}")
    return _times("exposed_us", exposed_us) + (day + 1) * DAY_US <= until_us


def retention(
    exposed_us: ArrayLike,
    units: ArrayLike,
    occurred_us: ArrayLike,
    *,
    day: int,
    until_us: int,
) -> Retention:
    """Return the moments of retention on a day: mature units, 1 with an event on that day.

    `exposed_us`: first exposure of every unit (n,). `units`: position 0 … n − 1 of the
    unit of every event, `occurred_us` its time. Day d of a unit is [d, d + 1) full days
    after its exposure. Compare as a binary metric. Raises InvalidInputError on columns
    that do not fit and positions that do not exist.
    """
    exposed, places = _times("exposed_us", exposed_us), _times("units", units)
    occurred = _times("occurred_us", occurred_us)
    if len(places) != len(occurred):
        raise InvalidInputError(f"{len(places)} units of {len(occurred)} events")
    if ((places < 0) | (places >= len(exposed))).any():
        raise InvalidInputError(f"units must lie in 0..{len(exposed) - 1}")
    mature = is_mature(exposed, day=day, until_us=until_us)
    age = occurred - exposed[places]
    was_there = (age >= day * DAY_US) & (age < (day + 1) * DAY_US)
    came_back = np.zeros(len(exposed), dtype=bool)
    came_back[places[was_there]] = True
    n, x = int(mature.sum()), int((came_back & mature).sum())
    return Retention(day, Moments(n, x, x), len(exposed) - n)


def _times(name: str, values: ArrayLike) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InvalidInputError(f"{name} must be a row of integers")
    return array.astype(np.int64)
