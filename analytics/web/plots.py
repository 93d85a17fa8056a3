"""Charts of lines over an ordered axis: x in per cent, y in pixels, paths in a box of 100 × 100."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from analytics.stats.formats import percent

T = TypeVar("T")

HEIGHT = 220
STEPS = (1.0, 2.0, 2.5, 5.0)
MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class YTick:
    """A horizontal line with its label."""

    y: str
    text_y: str
    label: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class XLabel:
    """A label below the axis; a spare one is left out where there is little room."""

    x: str
    label: str
    is_spare: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a line has a point; `top`, `bottom`: the ends of its range, "" without one."""

    x: str
    y: str
    top: str = ""
    bottom: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A named line, in pieces where values are missing, with the band around it."""

    name: str
    mark: int
    path: str
    band: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A bar that stands on the axis."""

    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart with its words for those who cannot see it."""

    label: str
    height: int
    y_ticks: tuple[YTick, ...]
    x_labels: tuple[XLabel, ...]
    lines: tuple[Line, ...] = ()
    columns: tuple[Column, ...] = ()

    @property
    def total(self) -> int:
        """Return the height with the labels below."""
        return self.height + (24 if self.x_labels else 6)


@dataclass(frozen=True, slots=True)
class Scale:
    """The vertical axis: round ticks between two values."""

    low: float
    high: float
    step: float

    def y(self, value: float) -> float:
        """Return where a value stands, 0 at the top and 100 at the bottom; may lie outside."""
        return 100 * (self.high - value) / (self.high - self.low)

    @property
    def values(self) -> list[float]:
        """Return the ticks, from below."""
        count = round((self.high - self.low) / self.step)
        return [self.low + place * self.step for place in range(count + 1)]


def scale_over(values: Sequence[float], *, steps: int = 5, least: float = 0.0) -> Scale:
    """Return an axis with round ticks that holds zero and the values.

    `least`: the smallest step, 1 for counts.

    >>> scale_over([0.02, 0.11])
    Scale(low=0.0, high=0.125, step=0.025)
    """
    low, high = min([0.0, *values]), max([0.0, *values])
    if high - low <= 0:
        high = low + 1.0
    rough = (high - low) / steps
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((s * power for s in STEPS if s * power >= rough * 0.999), 10 * power)
    step = max(step, least)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Scale(round(first * step, 12), round(last * step, 12), step)


def middle_of(place: int, count: int) -> float:
    """Return the middle of one of so many equal columns, in per cent."""
    return 100 * (place + 0.5) / count


def x_labels(texts: Sequence[str], most: int = MOST_LABELS) -> tuple[XLabel, ...]:
    """Return labels below columns, so many that they do not run into each other."""
    every = max(1, math.ceil(len(texts) / most))
    return tuple(
        XLabel(written(middle_of(place, len(texts))), text, is_spare=place // every % 2 == 1)
        for place, text in enumerate(texts)
        if place % every == 0
    )


def line_of(
    name: str,
    mark: int,
    points: Sequence[float | None],
    scale: Scale,
    band: Sequence[tuple[float, float] | None] = (),
    *,
    is_marked: bool = True,
) -> Line:
    """Return a line over equal columns; where a value is missing it is interrupted.

    `band`: low and high of each point. `is_marked`: whether each point carries the line's mark.
    """
    xs = [middle_of(place, len(points)) for place in range(len(points))]
    placed = [None if p is None else (x, scale.y(p)) for x, p in zip(xs, points, strict=True)]
    ends = [
        None if span is None else (x, scale.y(span[0]), scale.y(span[1]))
        for x, span in zip(xs, band, strict=bool(band))
    ]
    ranges = ends or [None] * len(placed)
    marks = [_mark(*pair) for pair in zip(placed, ranges, strict=True)]
    return Line(
        name=name,
        mark=mark,
        path=" ".join(_polyline(piece) for piece in _pieces(placed)),
        band=" ".join(_area(piece) for piece in _pieces(ends)),
        marks=tuple(mark for mark in (marks if is_marked else marks[-1:]) if mark),
    )


def percent_label(value: float, scale: Scale, *, is_signed: bool = False) -> str:
    """Return a tick's share, no finer than its axis is.

    >>> percent_label(0.025, Scale(0.0, 0.1, 0.025))
    '2.5\u202f%'
    """
    whole = abs(scale.step * 100 - round(scale.step * 100)) < 1e-9
    return percent(value, decimals=0 if whole else 1, is_signed=is_signed)


def _mark(
    point: tuple[float, float] | None, ends: tuple[float, float, float] | None
) -> Mark | None:
    """Return a point as far as it lies on the chart, with its range cut to it."""
    if point is None or not 0 <= point[1] <= 100:
        return None
    if ends is None:
        return Mark(written(point[0]), written(point[1]))
    top, bottom = (written(min(100.0, max(0.0, end))) for end in (ends[2], ends[1]))
    return Mark(written(point[0]), written(point[1]), top, bottom)


def y_ticks(scale: Scale, labels: Sequence[str], height: int = HEIGHT) -> tuple[YTick, ...]:
    """Return the lines of an axis with their labels, from below."""
    found = []
    for value, label in zip(scale.values, labels, strict=True):
        y = scale.y(value) * height / 100
        found.append(YTick(f"{y:.1f}", f"{y + 4:.1f}", label, abs(value) < scale.step / 1e6))
    return tuple(found)


def columns_of(values: Sequence[float], scale: Scale, height: int) -> tuple[Column, ...]:
    """Return one bar for each value, side by side."""
    wide = 100 / max(1, len(values))
    return tuple(
        Column(
            x=written(place * wide + wide * 0.12),
            width=written(wide * 0.76),
            y=f"{scale.y(value) * height / 100:.1f}",
            height=f"{max(0.0, 100 - scale.y(value)) * height / 100:.1f}",
        )
        for place, value in enumerate(values)
    )


def written(value: float) -> str:
    """Return a share of the width as an attribute."""
    return f"{value:.2f}%"


def _pieces(points: Sequence[T | None]) -> list[list[T]]:
    """Return the stretches between missing points."""
    pieces: list[list[T]] = [[]]
    for point in points:
        if point is None:
            pieces.append([])
        else:
            pieces[-1].append(point)
    return [piece for piece in pieces if piece]


def _polyline(points: Sequence[tuple[float, float]]) -> str:
    head, *rest = (f"{x:.2f} {y:.2f}" for x, y in points)
    # A single point has no length; a stroke with round ends still shows it.
    return f"M{head}" + ("".join(f"L{each}" for each in rest) or "h0")


def _area(ends: Sequence[tuple[float, float, float]]) -> str:
    upper = [f"{x:.2f} {high:.2f}" for x, _low, high in ends]
    lower = [f"{x:.2f} {low:.2f}" for x, low, _high in reversed(ends)]
    return "M" + "L".join([*upper, *lower]) + "Z"
