"""How long until enough different units have come."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from analytics.errors import InvalidInputError
from analytics.stats.power import require_positive
from analytics.stats.results import Plain
from analytics.stats.schedule import MINIMUM_DAYS, WEEK
from analytics.stats.srm import as_counts

MOST_DAYS = 364  # a test that takes longer compares two seasons, not two variants


class NoEnd(StrEnum):
    """Why a number of days cannot be given."""

    NO_TRAFFIC = "no_traffic"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Traffic(Plain):
    """Different eligible units seen by the end of day 1, 2, …: never falls, is no sum of days.

    `share`: the part of them the test will get.
    """

    cumulative: tuple[int, ...]
    share: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "cumulative", as_counts(self.cumulative))
        if not self.cumulative:
            raise InvalidInputError("traffic needs the units of at least one day")
        if any(later < earlier for earlier, later in pairwise(self.cumulative)):
            raise InvalidInputError("different units seen so far cannot become fewer")
        if not 0 < self.share <= 1:
            raise InvalidInputError(f"share must lie in (0, 1], was {self.share}")

    @property
    def new_per_day(self) -> float:
        """Return the units per day that are new, over the last week of the history."""
        return new_units_per_day(self.cumulative) * self.share

    def units_by(self, day: int) -> float:
        """Return the units the test has by the end of `day`, counted from 1.

        Past the history the last week's pace of new units is kept.
        """
        known = len(self.cumulative)
        if day <= 0:
            return 0.0
        seen = self.cumulative[min(day, known) - 1] * self.share
        return seen + max(0, day - known) * self.new_per_day

    def is_extrapolated(self, day: int) -> bool:
        """Tell whether the history ends before `day`."""
        return day > len(self.cumulative)


@dataclass(frozen=True, slots=True)
class Duration(Plain):
    """Whole weeks until the units are there; None with the reason where that is never.

    `days_needed`: before rounding up to whole weeks and to two of them.
    """

    days: int | None
    days_needed: int | None
    is_extrapolated: bool = False
    reason: NoEnd | None = None


def duration(traffic: Traffic, n_total: int) -> Duration:
    """Return the smallest number of days with `n_total` different units, in whole weeks.

    At least 14, so that every weekday counts twice. None with a reason where traffic has
    dried up before, or where it would take more than 52 weeks.

    >>> duration(Traffic((1000, 1900, 2700)), 9000).days
    14
    """
    require_positive(n_total=n_total)
    needed = _days_needed(traffic, n_total)
    if needed is None:
        return Duration(None, None, reason=NoEnd.NO_TRAFFIC)
    if needed > MOST_DAYS:
        return Duration(None, None, is_extrapolated=True, reason=NoEnd.TOO_LONG)
    return Duration(whole_weeks(needed), needed, traffic.is_extrapolated(needed))


def whole_weeks(days: int) -> int:
    """Return the days rounded up to whole weeks, at least two.

    >>> whole_weeks(15)
    21
    """
    return max(MINIMUM_DAYS, math.ceil(days / WEEK) * WEEK)


def new_units_per_day(cumulative: Sequence[int]) -> float:
    """Return the different units added per day, over the last week or all days if fewer."""
    days = min(WEEK, len(cumulative))
    before = cumulative[-days - 1] if len(cumulative) > days else 0
    return (cumulative[-1] - before) / days if days else 0.0


def _days_needed(traffic: Traffic, n_total: int) -> int | None:
    """Return the first day with enough units, beyond the history by its last pace."""
    for day, seen in enumerate(traffic.cumulative, start=1):
        if seen * traffic.share >= n_total:
            return day
    known, pace = len(traffic.cumulative), traffic.new_per_day
    if pace <= 0:
        return None
    missing = n_total - traffic.units_by(known)
    return known + math.ceil(min(missing / pace, 10.0 * MOST_DAYS))
