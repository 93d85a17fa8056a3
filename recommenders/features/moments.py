"""When it is: the time of day and the day of the week, as places on a circle."""

import numpy as np
from numpy.typing import NDArray

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
WEEK_US = 7 * DAY_US
MONDAY_US = 4 * DAY_US  # 1970 began on a Thursday
NAMES = ("day_sin", "day_cos", "week_sin", "week_cos")


def moment_columns(at_us: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return sine and cosine of the time of day and of the week (UTC), shape (n, 4).

    On a circle 23:00 stands beside 01:00 and Sunday beside Monday.

    >>> moment_columns(np.array([MONDAY_US + 6 * HOUR_US])).astype(float).round(2).tolist()
    [[1.0, 0.0, 0.22, 0.97]]
    """
    day = 2 * np.pi * (at_us % DAY_US) / DAY_US
    week = 2 * np.pi * ((at_us - MONDAY_US) % WEEK_US) / WEEK_US
    return np.stack([np.sin(day), np.cos(day), np.sin(week), np.cos(week)], 1).astype(np.float32)


def days(at_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return moments in days since 1970."""
    return at_us / DAY_US
