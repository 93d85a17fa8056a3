"""One line of the calibration: what is claimed, what was found, and how surely."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.stats.results import Plain

ALLOWED_ERRORS = 4.0  # Monte Carlo errors: of some 150 lines one in a hundred runs strays
PRINTED = 0.0005  # half of the last digit of a published target

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Target(Plain):
    """The published figure, or the range it must lie in, and its own Monte Carlo error."""

    low: float
    high: float
    error: float = 0.0
    rounding: float = PRINTED

    @property
    def text(self) -> str:
        """Return the target as a table shows it."""
        if self.low == self.high:
            return plain_number(self.low)
        return f"{plain_number(self.low)} to {plain_number(self.high)}"


@dataclass(frozen=True, slots=True)
class Row(Plain):
    """One figure beside its target; `error` is the Monte Carlo error of `ours`."""

    study: str
    name: str
    target: Target
    ours: float
    error: float

    @property
    def tolerance(self) -> float:
        """Return 4 √(our error² + the target's²) and the rounding of the target."""
        return ALLOWED_ERRORS * math.hypot(self.error, self.target.error) + self.target.rounding

    @property
    def is_within(self) -> bool:
        """Tell whether chance and rounding alone explain the distance to the target."""
        reach = self.tolerance
        return self.target.low - reach <= self.ours <= self.target.high + reach


@dataclass(frozen=True, slots=True)
class Job:
    """One simulation, to be run with a generator of its own."""

    name: str
    run: Callable[[Rng], list[Row]]


def share_error(share: float, n_runs: int) -> float:
    """Return the error of a share of runs, √(p(1 − p) / R), p drawn in from 0 and 1.

    Two runs of each outcome are added (Agresti & Coull 1998, Am. Stat. 52), so that a
    share of 0 is not taken for certain.

    >>> round(share_error(0.05, 10_000), 5)
    0.00218
    """
    p = (share * n_runs + 2) / (n_runs + 4)
    return math.sqrt(p * (1 - p) / n_runs)


def share_target(share: float, n_runs: int, *, rounding: float = PRINTED) -> Target:
    """Return a published share of `n_runs` runs as a target."""
    return Target(share, share, share_error(share, n_runs), rounding)


def share_row(study: str, name: str, target: Target, hits: ArrayLike) -> Row:
    """Return the row of a share of runs; `hits`: one truth per run."""
    found = np.asarray(hits, dtype=bool)
    ours = float(found.mean())
    return Row(study, name, target, ours, share_error(ours, found.size))


def plain_number(value: float) -> str:
    """Return a share with four digits, a count of units with none.

    >>> plain_number(0.05), plain_number(41000.0)
    ('0.0500', '41,000')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4f}"
