"""The novelty view: the difference on each day since a unit's first exposure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.formatting import value_format
from analytics.stats.formats import ValueFormat, number
from analytics.web.charts import mark_of
from analytics.web.plots import HEIGHT, Plot, line_of, scale_over, x_labels, y_ticks
from analytics.web.texts import NOTHING, tick_text, value_range, value_text

LEVEL_TONES = {"ok": "good", "warn": "warn", "block": "bad"}
LEAST_DRAWN = 2  # days: one point is no line, and its numbers stand in the table
Day = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoveltyRow:
    """A day since first exposure in the table."""

    day: str
    units: str
    effect: str
    range: str


@dataclass(frozen=True, slots=True)
class NoveltyView:
    """One treatment by days since first exposure, and whether there is a trend."""

    treatment: str
    mark: int
    tone: str
    finding: str
    causes: tuple[str, ...]
    action: str
    plot: Plot | None
    rows: tuple[NoveltyRow, ...]


@dataclass(frozen=True, slots=True)
class NoveltyViews:
    """The novelty view of each treatment, and why there is none."""

    metric: str
    views: tuple[NoveltyView, ...]
    error: str


def novelty_of(results: Mapping[str, Any]) -> NoveltyViews | None:
    """Return the novelty views, None for a report without them."""
    found = results["details"].get("novelty")
    if not found:
        return None
    if "error" in found:
        return NoveltyViews("", (), found["error"])
    metric = next((m for m in results["metrics"] if m["key"] == found["metric"]), None)
    if metric is None:
        return None
    form = value_format(metric["format"], results["currency"])
    views = [
        _view(variant["name"], mark_of(index), days, found["trend"][variant["key"]], form)
        for index, variant in enumerate(results["variants"])
        if any(days := found["days"].get(variant["key"], []))
    ]
    return NoveltyViews(metric["name"], tuple(views), "") if views else None


def _view(
    name: str, mark: int, days: Sequence[Day | None], trend: Mapping[str, Any], form: ValueFormat
) -> NoveltyView:
    is_known = trend.get("status") == "ok"
    return NoveltyView(
        treatment=name,
        mark=mark,
        tone=LEVEL_TONES.get(trend["level"], "idle") if is_known else "idle",
        finding=trend["summary"],
        causes=tuple(trend.get("causes", ())),
        action=trend.get("action", ""),
        plot=_plot(name, mark, days, form) if sum(map(bool, days)) >= LEAST_DRAWN else None,
        rows=tuple(_row(place, day, form) for place, day in enumerate(days)),
    )


def _plot(name: str, mark: int, days: Sequence[Day | None], form: ValueFormat) -> Plot:
    points = [None if day is None else day["effect"] for day in days]
    band = [None if day is None else (day["low"], day["high"]) for day in days]
    scale = scale_over([end for span in band if span for end in span])
    labels = [
        tick_text(form, value, scale.step) if abs(value) > scale.step / 1e6 else "0"
        for value in scale.values
    ]
    return Plot(
        label=f"{name}: difference to control on each of {len(days)} days since first exposure",
        height=HEIGHT,
        y_ticks=y_ticks(scale, labels),
        x_labels=x_labels([str(place) for place in range(len(days))]),
        lines=(line_of(name, mark, points, scale, band),),
    )


def _row(place: int, day: Day | None, form: ValueFormat) -> NoveltyRow:
    if day is None:
        return NoveltyRow(str(place), NOTHING, NOTHING, NOTHING)
    return NoveltyRow(
        day=str(place),
        units=f"{number(day['n_control'])} / {number(day['n_treatment'])}",
        effect=value_text(form, day["effect"], is_signed=True),
        range=value_range(form, day),
    )
