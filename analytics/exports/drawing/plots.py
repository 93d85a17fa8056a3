"""Lines and bars over an ordered axis, as the page's plots are."""

import re
from collections.abc import Iterator

from analytics.exports.drawing.layout import EDGE, Source, finished, sheet, sign
from analytics.exports.drawing.shapes import (
    WIDTH,
    Area,
    Drawing,
    Path,
    Shape,
    px,
    rect,
    rule,
    text,
    writable,
)
from analytics.web.distribution import Cap
from analytics.web.plots import Line, Plot

LEFT, RIGHT = 90, 34  # room for the labels of the axis, and for half a label
BELOW = 44  # the labels of the axis below and its name
POINT = re.compile(r"(-?[\d.]+) (-?[\d.]+)")


def plot_drawing(
    name: str, title: str, plot: Plot, source: Source, *, below: str = "", cap: Cap | None = None
) -> Drawing:
    """Return a plot as a drawing; `below`: what its horizontal axis is."""
    names = [(line.name, line.mark) for line in plot.lines]
    head = sheet(title, names)
    area = Area(LEFT, head.top + 8, WIDTH - LEFT - RIGHT, plot.height)
    body = [*_grid(plot, area), *_bars(plot, area), *_lines(plot, area)]
    body += [*_cap(cap, area), *_labels(plot, area, below)]
    bottom = area.y + area.height + (BELOW if plot.x_labels or below else EDGE)
    return finished(name, title, plot.label, head, body, bottom, source, area)


def _grid(plot: Plot, area: Area) -> Iterator[Shape]:
    for tick in plot.y_ticks:
        y = area.y + float(tick.y)
        yield rule(area.x, y, area.x + area.width, y, "zero" if tick.is_zero else "grid")
        yield text(area.x - 8, y + 4, tick.label, anchor="end")


def _bars(plot: Plot, area: Area) -> Iterator[Shape]:
    for column in plot.columns:
        wide = area.across(column.width) - area.x
        top = area.y + float(column.y)
        yield rect(area.across(column.x), top, wide, float(column.height), "col-bar")


def _lines(plot: Plot, area: Area) -> Iterator[Shape]:
    for line in plot.lines:
        if line.band:
            yield Path(_placed(line.band, area), f"band c{line.mark}", is_cut=True)
    for line in plot.lines:
        yield Path(_placed(line.path, area), f"ln c{line.mark}", is_cut=True)
    for line in plot.lines:
        yield from _marks(line, area)


def _marks(line: Line, area: Area) -> Iterator[Shape]:
    for mark in line.marks:
        x = area.across(mark.x)
        if mark.top:
            ends = area.down(mark.top), area.down(mark.bottom)
            yield rule(x, ends[0], x, ends[1], f"whisker c{line.mark}")
        yield sign(x, area.down(mark.y), line.mark)


def _placed(path: str, area: Area) -> str:
    """Return a path of a box of 100 × 100 as one of the drawing."""

    def moved(point: re.Match[str]) -> str:
        x, y = (float(each) / 100 for each in point.groups())
        return f"{px(area.x + x * area.width)} {px(area.y + y * area.height)}"

    return POINT.sub(moved, path)


def _cap(cap: Cap | None, area: Area) -> Iterator[Shape]:
    if cap is None:
        return
    x = area.across(cap.x)
    yield rect(x, area.y, area.x + area.width - x, area.height, "harm")
    yield rule(x, area.y, x, area.y + area.height, "margin")
    aside = -6 if cap.anchor == "end" else 6
    yield text(x + aside, area.y + 12, writable(cap.label), "strong", cap.anchor)


def _labels(plot: Plot, area: Area, below: str) -> Iterator[Shape]:
    bottom = area.y + area.height
    for label in plot.x_labels:
        yield text(area.across(label.x), bottom + 18, writable(label.label), anchor="middle")
    if below:
        yield text(area.x + area.width / 2, bottom + 38, below, anchor="middle")
