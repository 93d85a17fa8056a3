"""Intervals in rows on one axis: the metric tables and the segments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analytics.exports.drawing.layout import EDGE, Source, finished, sheet, sign
from analytics.exports.drawing.shapes import (
    WIDTH,
    Area,
    Drawing,
    Path,
    Shape,
    fitted,
    px,
    rect,
    rule,
    text,
)
from analytics.web.charts import Axis, Bar, Limit, Zone
from analytics.web.groups import GroupView
from analytics.web.segments import SegmentTable

NAMES, VALUES = 250, 190  # room for the words left and right of the axis
TALL, LOW = 46, 30


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: what it is called, with a second line and the variant's mark, and its interval.

    `cross`: where the raw estimate stands. Without an axis it is a heading.
    """

    name: str
    under: str = ""
    mark: int | None = None
    value: str = ""
    range: str = ""
    axis: Axis | None = None
    bar: Bar | None = None
    limit: Limit | None = None
    tone: str = "idle"
    cross: str = ""


def group_drawing(group: GroupView, source: Source) -> Drawing:
    """Return the rows of one role, each treatment against control."""
    title = f"{group.title}: {group.level} interval, {group.stated}"
    words = "; ".join(f"{r.metric}, {r.treatment}: {r.change}, {r.range}" for r in group.rows)
    entries = [
        Entry(
            name=row.metric,
            under=row.treatment,
            mark=row.mark,
            value=row.change,
            range=row.range,
            axis=row.axis,
            bar=row.bar,
            limit=row.limit,
            tone=row.conclusion.tone,
        )
        for row in group.rows
    ]
    return _drawing(group.role, title, words, entries, source, group.axis, group.zone)


def segment_drawing(metric: str, table: SegmentTable, number: int, source: Source) -> Drawing:
    """Return the segments of one treatment: the raw interval (×), and the shrunken estimate (○)."""
    title = f"{metric} by segment, {table.treatment} against control (exploratory)"
    entries: list[Entry] = []
    for group in table.groups:
        entries.append(Entry(group.attribute, group.answer))
        entries += [
            Entry(
                name=row.value,
                under=row.share,
                value=row.shrunk,
                range=f"raw {row.raw}",
                axis=table.axis,
                bar=row.bar,
                cross=row.raw_x,
            )
            for row in group.rows
        ]
    words = "; ".join(f"{e.name}: {e.value}, {e.range}" for e in entries if e.axis)
    return _drawing(f"segments-{number}", title, words, entries, source, table.axis)


def has_intervals(table: SegmentTable) -> bool:
    """Tell whether any segment has units enough for something to be drawn."""
    return any(row.bar or row.raw_x for group in table.groups for row in group.rows)


def _drawing(
    name: str,
    title: str,
    words: str,
    entries: Sequence[Entry],
    source: Source,
    axis: Axis | None,
    zone: Zone | None = None,
) -> Drawing:
    head = sheet(title)
    body: list[Shape] = []
    y = head.top
    for entry in entries:
        tall = TALL if entry.axis else LOW + 6
        area = Area(EDGE + NAMES, y, WIDTH - 2 * EDGE - NAMES - VALUES, tall)
        body += _row(entry, area, zone)
        y += tall
    if axis:
        area = Area(EDGE + NAMES, y, WIDTH - 2 * EDGE - NAMES - VALUES, 0)
        body += [text(area.across(t.x), y + 16, t.label, anchor="middle") for t in axis.ticks]
        y += 22
    return finished(name, title, words, head, body, y, source)


def _row(entry: Entry, area: Area, zone: Zone | None) -> Iterator[Shape]:
    middle = area.y + area.height / 2
    if entry.axis is None:
        yield text(EDGE, middle - 2, fitted(entry.name, WIDTH - 2 * EDGE), "strong")
        yield text(EDGE, middle + 13, fitted(entry.under, WIDTH - 2 * EDGE))
        return
    yield text(EDGE, middle - 4, fitted(entry.name, NAMES - 16), "strong")
    aside = 0
    if entry.mark is not None:
        yield sign(EDGE + 6, middle + 9, entry.mark)
        aside = 18
    yield text(EDGE + aside, middle + 13, fitted(entry.under, NAMES - 16 - aside))
    yield from _axis(entry, area, zone)
    yield from _interval(entry, area, middle)
    right = area.x + area.width + 16
    yield text(right, middle - 4, fitted(entry.value, VALUES - 16), "strong")
    yield text(right, middle + 13, fitted(entry.range, VALUES - 16))


def _axis(entry: Entry, area: Area, zone: Zone | None) -> Iterator[Shape]:
    assert entry.axis is not None
    if zone:
        start = area.across(zone.x)
        yield rect(start, area.y, area.across(zone.width) - area.x, area.height, "zone")
    for tick in entry.axis.ticks:
        x = area.across(tick.x)
        yield rule(x, area.y, x, area.y + area.height, "zero" if tick.is_zero else "grid")
    if entry.limit:
        harm, x = entry.limit.harm, area.across(entry.limit.x)
        wide = area.across(harm.width) - area.x
        yield rect(area.across(harm.x), area.y, wide, area.height, "harm")
        yield rule(x, area.y, x, area.y + area.height, "margin")


def _interval(entry: Entry, area: Area, y: float) -> Iterator[Shape]:
    tone = entry.tone
    if bar := entry.bar:
        start, stop = area.across(bar.x), area.across(bar.end)
        yield rect(start, y - 4, stop - start, 8, f"ci-bar {tone}", 2)
        yield from _end(start, y, tone, inwards=1 if bar.is_cut_low else 0)
        yield from _end(stop, y, tone, inwards=-1 if bar.is_cut_high else 0)
        yield _ring(area.across(bar.point), y, tone)
    if entry.cross:
        x = area.across(entry.cross)
        d = f"M{px(x - 4)} {px(y - 4)}L{px(x + 4)} {px(y + 4)}"
        yield Path(f"{d}M{px(x + 4)} {px(y - 4)}L{px(x - 4)} {px(y + 4)}", "rawx")


def _end(x: float, y: float, tone: str, *, inwards: int) -> Iterator[Shape]:
    """Yield the end of an interval: a cap, or an arrow where it goes on beyond the axis."""
    if not inwards:
        yield rule(x, y - 8, x, y + 8, f"ci-cap {tone}")
        return
    tip = f"{px(x + 7 * inwards)} {px(y - 6)}L{px(x)} {px(y)}L{px(x + 7 * inwards)} {px(y + 6)}"
    yield Path(f"M{tip}", f"ci-cap {tone}")


def _ring(x: float, y: float, tone: str) -> Path:
    d = f"M{px(x - 5)} {px(y)}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z"
    return Path(d, f"ci-pt {tone}")
