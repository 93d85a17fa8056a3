"""How many experiments win, and how many start and are decided in a month. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from analytics.stats.proportions import wilson_interval
from analytics.stats.results import Interval

MONTHS = 12
COUNTED = ("won", "lost", "inconclusive")  # a broken measurement says nothing about the idea


@dataclass(frozen=True, slots=True)
class WinRate:
    """The share of decided experiments that were won; None before the first decision."""

    won: int
    decided: int
    rate: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Month:
    """What happened in one month."""

    month: str
    started: int
    decided: int


def win_rate(outcomes: Iterable[str]) -> WinRate:
    """Return the share won of all that were won, lost or inconclusive, with Wilson's interval.

    >>> win_rate(["won", "lost", "broken", ""]).rate
    0.5
    """
    counted = [each for each in outcomes if each in COUNTED]
    won = counted.count("won")
    if not counted:
        return WinRate(0, 0, None, None)
    return WinRate(won, len(counted), won / len(counted), wilson_interval(won, len(counted)))


def pace_of(started: Iterable[date], decided: Iterable[date], *, today: date) -> Sequence[Month]:
    """Return the last twelve months, the oldest first, each with what started and was decided."""
    starts, ends = (Counter(_month(day) for day in days) for days in (started, decided))
    months = [_earlier(today, back) for back in reversed(range(MONTHS))]
    return [Month(each, starts[each], ends[each]) for each in months]


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def _earlier(today: date, back: int) -> str:
    """Return the month so many before today's.

    >>> _earlier(date(2026, 1, 31), 2)
    '2025-11'
    """
    months = today.year * 12 + today.month - 1 - back
    return f"{months // 12}-{months % 12 + 1:02}"
