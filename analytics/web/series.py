"""The cumulative effect by day, with the units that came on each day below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from analytics.formatting import value_format
from analytics.stats.formats import ValueFormat, number
from analytics.web.charts import mark_of
from analytics.web.choices import Choice, Option, metric_options
from analytics.web.plots import (
    HEIGHT,
    Line,
    Plot,
    Scale,
    columns_of,
    line_of,
    percent_label,
    scale_over,
    x_labels,
    y_ticks,
)
from analytics.web.texts import NOTHING, lift_range, lift_text, tick_text, value_range, value_text

MOST_LINES = 4  # more of them cannot be told apart; the table has them all
SETTLED = 3  # the first part of the days in so many, whose ranges are too wide to set the axis
BARS = 56
LEAST_DRAWN = 2  # days: one point is no line


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day in the table: new units, then estimate and range of each treatment."""

    day: str
    units: str
    cells: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One metric over time."""

    metric: str
    options: tuple[Option, ...]
    effects: Plot | None
    note: str
    units: Plot
    headers: tuple[str, ...]
    rows: tuple[DayRow, ...]
    left_out: int
    band_of: str


@dataclass(frozen=True, slots=True)
class _Values:
    """The daily values of a treatment as they are drawn."""

    name: str
    mark: int
    points: list[float | None]
    band: list[tuple[float, float] | None]
    days: Sequence[Mapping[str, float] | None]


def series_of(
    results: Mapping[str, Any], query: Mapping[str, str], choice: Choice
) -> SeriesView | None:
    """Return the chosen metric day by day, None for a report without a series."""
    series = results["series"]
    metrics = {m["key"]: m for m in results["metrics"] if m["key"] in series.get("metrics", {})}
    if not series.get("days") or not metrics:
        return None
    primary = next((key for key, m in metrics.items() if m["role"] == "primary"), "")
    key = choice.over if choice.over in metrics else primary or next(iter(metrics))
    is_relative = choice.effect == "relative"
    all_values = _values(results, series["metrics"][key], is_relative=is_relative)
    shown = _shown(results, all_values)
    form = value_format(metrics[key]["format"], results["currency"])
    days = [_day_text(day) for day in series["days"]]
    units = _new_units(series)
    rows = _rows(days, units, all_values, form, is_relative=is_relative)
    known = [place for place in range(len(days)) if any(v.points[place] is not None for v in shown)]
    effects = _effects(metrics[key]["name"], shown, days, form, is_relative=is_relative)
    return SeriesView(
        metric=metrics[key]["name"],
        options=metric_options(query, {k: m["name"] for k, m in metrics.items()}, key),
        effects=effects if len(known) >= LEAST_DRAWN else None,
        note=_note(days, known),
        units=_units(units, days),
        headers=tuple(each.name for each in all_values),
        rows=rows,
        left_out=len(all_values) - len(shown),
        band_of=shown[0].name if shown else "",
    )


def _note(days: Sequence[str], known: Sequence[int]) -> str:
    """Return why the line does not cover every day, "" where it does."""
    if not known:
        return "On no day could the variants be compared: the tables above say why."
    if len(known) < LEAST_DRAWN:
        return f"The variants could be compared on {days[known[0]]} alone; the table has it."
    if known[0] > 0:
        return f"Before {days[known[0]]} there was too little to compare the variants."
    return ""


def _values(
    results: Mapping[str, Any], by_treatment: Mapping[str, Any], *, is_relative: bool
) -> list[_Values]:
    """Return the treatments in the order of set-up."""
    point, low, high = ("lift", "low", "high") if is_relative else ("difference", "d_low", "d_high")
    found = []
    for index, variant in enumerate(results["variants"]):
        days = by_treatment.get(variant["key"])
        if days is None:
            continue
        points = [None if day is None else day.get(point) for day in days]
        band = [
            None if day is None or day.get(low) is None else (day[low], day[high]) for day in days
        ]
        found.append(_Values(variant["name"], mark_of(index), points, band, days))
    return found


def _shown(results: Mapping[str, Any], values: list[_Values]) -> list[_Values]:
    """Return the treatments that are drawn, first the one that the verdict names."""
    named = (results.get("verdict") or {}).get("treatment_key")
    names = {variant["key"]: variant["name"] for variant in results["variants"]}
    lead = [each for each in values if each.name == names.get(named)]
    return [*lead, *(each for each in values if each not in lead)][:MOST_LINES]


def _effects(
    metric: str, shown: list[_Values], days: list[str], form: ValueFormat, *, is_relative: bool
) -> Plot:
    scale = _scale(shown)
    labels = [_label(value, scale, form, is_relative=is_relative) for value in scale.values]
    return Plot(
        label=_spoken(metric, shown, form, is_relative=is_relative),
        height=HEIGHT,
        y_ticks=y_ticks(scale, labels),
        x_labels=x_labels(days),
        lines=tuple(_line(each, scale, has_band=place == 0) for place, each in enumerate(shown)),
    )


def _line(values: _Values, scale: Scale, *, has_band: bool) -> Line:
    band = values.band if has_band else ()
    return line_of(values.name, values.mark, values.points, scale, band, is_marked=False)


def _scale(shown: Sequence[_Values]) -> Scale:
    """Return the axis: every estimate once it has settled, and the band of the first treatment."""
    ends: list[float] = []
    for place, values in enumerate(shown):
        settled = len(values.points) // SETTLED
        ends += [p for p in values.points[settled:] if p is not None]
        if place == 0:
            ends += [end for span in values.band[settled:] if span for end in span]
    return scale_over(ends)


def _label(value: float, scale: Scale, form: ValueFormat, *, is_relative: bool) -> str:
    if abs(value) < scale.step / 1e6:
        return "0"
    if not is_relative:
        return tick_text(form, value, scale.step)
    return percent_label(value, scale, is_signed=True)


def _spoken(metric: str, shown: Sequence[_Values], form: ValueFormat, *, is_relative: bool) -> str:
    """Return the chart in words: where each line ends."""
    ends = [f"{each.name} {' '.join(_cell(each, -1, form, is_relative))}" for each in shown]
    return f"{metric}, everything up to each day; at the end: {'; '.join(ends)}"


def _cell(values: _Values, place: int, form: ValueFormat, is_relative: bool) -> tuple[str, str]:
    point, span = values.points[place], values.band[place]
    if point is None:
        return NOTHING, ""
    ends = {"low": span[0], "high": span[1]} if span else None
    if is_relative:
        return lift_text(point, ends), lift_range(ends)
    return value_text(form, point, is_signed=True), value_range(form, ends)


def _new_units(series: Mapping[str, Any]) -> list[int]:
    """Return the new units of all variants by day."""
    return [sum(day) for day in zip(*series["exposures"].values(), strict=True)]


def _units(units: Sequence[int], days: list[str]) -> Plot:
    scale = scale_over([float(each) for each in units], steps=1, least=1.0)
    most = number(max(units, default=0))
    return Plot(
        label=f"New units per day, {most} at most, {number(sum(units))} in all",
        height=BARS,
        y_ticks=y_ticks(scale, [number(value) for value in scale.values], BARS),
        x_labels=(),
        columns=columns_of([float(each) for each in units], scale, BARS),
    )


def _rows(
    days: list[str],
    units: Sequence[int],
    values: Sequence[_Values],
    form: ValueFormat,
    *,
    is_relative: bool,
) -> tuple[DayRow, ...]:
    return tuple(
        DayRow(
            day=day,
            units=number(units[place]) if place < len(units) else NOTHING,
            cells=tuple((each.name, *_cell(each, place, form, is_relative)) for each in values),
        )
        for place, day in enumerate(days)
    )


def _day_text(day: str) -> str:
    """Return an ISO day as it is written: 2 Nov."""
    moment = date.fromisoformat(day)
    return f"{moment.day} {moment:%b}"
