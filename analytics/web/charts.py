"""Where the marks of an interval chart stand: x in percent, so that text never stretches."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from analytics.stats.formats import percent

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
MAX_TICKS = 7
LAST_MARK = 9  # of the shapes that stand for variants


@dataclass(frozen=True, slots=True)
class Tick:
    """A grid line and its label."""

    x: str
    label: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis for every row of a table."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def x(self, value: float) -> float:
        """Return where a value stands, in percent of the width, kept within the axis."""
        return 100 * min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval with its point on an axis."""

    x: str
    width: str
    end: str
    point: str
    tone: str
    is_cut_low: bool
    is_cut_high: bool


@dataclass(frozen=True, slots=True)
class Zone:
    """A shaded stretch of an axis."""

    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A guardrail's limit and the harmful side of it."""

    x: str
    harm: Zone


def mark_of(index: int) -> int:
    """Return the shape of a variant by its place in the set-up; beyond the last they share it."""
    return min(index, LAST_MARK)


def axis_over(values: Iterable[float]) -> Axis:
    """Return an axis that holds zero and the values, with round ticks.

    >>> [tick.label for tick in axis_over([-0.04, 0.11]).ticks]
    ['−5\u202f%', '0', '+5\u202f%', '+10\u202f%', '+15\u202f%']
    """
    known = [value for value in values if math.isfinite(value)]
    low, high = min([0.0, *known]), max([0.0, *known])
    if high - low < 0.01:
        low, high = -0.05, 0.05
    step = next((s for s in STEPS if (high - low) / s <= MAX_TICKS - 2), (high - low) / 5)
    first, last = math.floor(low / step - 1e-9), math.ceil(high / step + 1e-9)
    axis = Axis(first * step, last * step, ())
    ticks = tuple(
        Tick(_percent(axis.x(k * step)), _label(k * step), k == 0) for k in range(first, last + 1)
    )
    return Axis(axis.low, axis.high, ticks)


def bar_on(axis: Axis, low: float, high: float, point: float, tone: str) -> Bar:
    """Return the bar of an interval; ends beyond the axis are marked as cut."""
    start, stop = axis.x(low), axis.x(high)
    return Bar(
        x=_percent(start),
        width=_percent(stop - start),
        end=_percent(stop),
        point=_percent(axis.x(point)),
        tone=tone,
        is_cut_low=low < axis.low - 1e-12,
        is_cut_high=high > axis.high + 1e-12,
    )


def zone_on(axis: Axis, low: float, high: float) -> Zone:
    """Return the stretch between two values, as far as it lies on the axis."""
    start, stop = axis.x(low), axis.x(high)
    return Zone(_percent(start), _percent(stop - start))


def limit_on(axis: Axis, limit: float) -> Limit:
    """Return a limit with the side that lies further from zero."""
    harm = zone_on(axis, axis.low, limit) if limit < 0 else zone_on(axis, limit, axis.high)
    return Limit(_percent(axis.x(limit)), harm)


def _percent(value: float) -> str:
    return f"{value:.2f}%"


def _label(value: float) -> str:
    if abs(value) < 1e-9:
        return "0"
    return percent(value, decimals=0 if abs(value) * 100 >= 1 else 1, is_signed=True)
