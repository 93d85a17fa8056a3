"""When visitors come: a Poisson process with the week's and the day's seasons."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

DAY_S = 86_400
# Monday first: people shop from the sofa on Sundays, hardly on Fridays.
WEEKDAY_WEIGHTS = np.array([1.0, 0.95, 0.95, 1.0, 0.85, 1.1, 1.35])
# By hour of the day: asleep at four, a small peak at lunch, a large one in the evening.
HOUR_WEIGHTS = np.array(
    [4, 2, 1, 1, 1, 2, 5, 9, 13, 15, 16, 17, 19, 17, 15, 15, 16, 18, 21, 25, 28, 24, 15, 8]
)


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits in time order: whose (an index), and whole seconds after `start`."""

    start: datetime
    visitor: NDArray[np.int64]
    second: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.visitor)

    def moment(self, index: int) -> datetime:
        """Return when a visit begins."""
        return self.start + timedelta(seconds=int(self.second[index]))

    def part(self, first: int, stop: int) -> "Visits":
        """Return the visits [first, stop)."""
        return Visits(self.start, self.visitor[first:stop], self.second[first:stop])


def plan_visits(
    expected: NDArray[np.float64], start: datetime, days: int, rng: np.random.Generator
) -> Visits:
    """Return visits over `days` days from `start`, a midnight.

    `expected`: mean number of visits per visitor over the whole time, shape (n_visitors,).
    """
    visitor = np.repeat(np.arange(len(expected)), rng.poisson(expected))
    second = _seconds(len(visitor), start.weekday(), days, rng)
    order = np.argsort(second, kind="stable")
    return Visits(start, visitor[order], second[order])


def _seconds(
    count: int, first_weekday: int, days: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    by_day = WEEKDAY_WEIGHTS[(first_weekday + np.arange(days)) % 7]
    day = rng.choice(days, count, p=by_day / by_day.sum())
    hour = rng.choice(24, count, p=HOUR_WEIGHTS / HOUR_WEIGHTS.sum())
    return day * DAY_S + hour * 3600 + rng.integers(0, 3600, count)
