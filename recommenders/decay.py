"""Does a recommender still earn its clicks? Its click-through rate against control, then and now.

Pure. The site's own swings (a sale, a weekend) move both variants alike, so that only the ratio of
the two is compared, and only a fall that chance does not explain is one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log, sqrt

Z = 1.959964  # two-sided 95 %
FEWEST_UNITS = 100  # in each of the four cells, or the interval is no interval
FEWEST_CLICKS = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """One variant in one stretch of time: sums over units of clicked lists c and lists s."""

    n: int
    c: float
    s: float
    cc: float
    ss: float
    cs: float

    @classmethod
    def of(cls, units: Iterable[tuple[int, int]]) -> "Cell":
        """Return the sums of units, each with its clicked lists and its lists."""
        rows = list(units)
        return cls(
            len(rows),
            sum(c for c, _s in rows),
            sum(s for _c, s in rows),
            sum(c * c for c, _s in rows),
            sum(s * s for _c, s in rows),
            sum(c * s for c, s in rows),
        )

    @property
    def rate(self) -> float:
        """Return clicked lists by lists."""
        return self.c / self.s

    def log_variance(self) -> float:
        """Return the variance of ln(rate), by the delta method over units, which keep together.

        sum((c - rate * s)**2) / (n - 1) * n / c**2, as the residuals' mean is 0.
        Source: Deng, Knoblich, Lu (2018), Applying the delta method in metric analytics, KDD.
        """
        squares = self.cc - 2 * self.rate * self.cs + self.rate**2 * self.ss
        return squares / (self.n - 1) * self.n / self.c**2


@dataclass(frozen=True, slots=True)
class Change:
    """How the ratio to control changed: now / then - 1, a fraction, with its 95 % interval.

    `missing`: why nothing can be said, "" when it can; then the numbers are 0.
    """

    change: float = 0.0
    low: float = 0.0
    high: float = 0.0
    missing: str = ""

    @property
    def has_decayed(self) -> bool:
        """Return whether the whole interval lies below zero."""
        return not self.missing and self.high < 0


def ctr_change(then: tuple[Cell, Cell], now: tuple[Cell, Cell]) -> Change:
    """Return how much the treatment's rate changed against control's; pairs (control, treatment).

    ratio = (now's treatment / control) / (then's treatment / control); the four logarithms are
    taken as independent, which units seen in both stretches only make wider than need be.
    """
    cells = (*then, *now)
    if min(cell.n for cell in cells) < FEWEST_UNITS:
        return Change(missing=f"fewer than {FEWEST_UNITS} units in a stretch of one variant")
    if min(cell.c for cell in cells) < FEWEST_CLICKS:
        return Change(missing=f"fewer than {FEWEST_CLICKS} clicked lists in a stretch")
    logs = [log(treatment.rate / control.rate) for control, treatment in (then, now)]
    shift = logs[1] - logs[0]
    reach = Z * sqrt(sum(cell.log_variance() for cell in cells))
    change, low, high = (exp(value) - 1 for value in (shift, shift - reach, shift + reach))
    return Change(change, low, high)
