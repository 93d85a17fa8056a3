"""Segments of the primary metric: exploratory, shrunken beside raw, with the test of difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.stats.formats import p_value_text, percent
from analytics.web.charts import Axis, Bar, axis_over, bar_on, mark_of
from analytics.web.texts import NOTHING, lift_range, lift_text

FORGET = 2.0  # lifts beyond ±200 % do not stretch the axis of all other rows
ALPHA = 0.05
YES_NO = {"true": "yes", "false": "no"}


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One value of an attribute: its units, the estimate drawn towards the others, the raw one."""

    value: str
    share: str
    shrunk: str
    raw: str
    range: str
    bar: Bar | None
    raw_x: str


@dataclass(frozen=True, slots=True)
class SegmentGroup:
    """One attribute with the question whether its values differ."""

    attribute: str
    answer: str
    rows: tuple[SegmentRow, ...]


@dataclass(frozen=True, slots=True)
class SegmentTable:
    """The segments of one treatment, on one axis."""

    treatment: str
    mark: int
    groups: tuple[SegmentGroup, ...]
    axis: Axis
    is_bare: bool


@dataclass(frozen=True, slots=True)
class SegmentsView:
    """The segments of the primary metric, one table for each treatment."""

    metric: str
    tables: tuple[SegmentTable, ...]


def segments_of(results: Mapping[str, Any]) -> SegmentsView | None:
    """Return the segments of the primary metric by treatment, None where nothing was cut."""
    found = results["segments"]
    metrics = {metric["key"]: metric for metric in results["metrics"]}
    primary = next((key for key, m in metrics.items() if m["role"] == "primary"), None)
    cut = {each["metric"] for each in found if each["values"]}
    key = primary if primary in cut else next(iter(cut & set(metrics)), None)
    if key is None:
        return None
    tables = [
        _table(variant, mark_of(index), entries)
        for index, variant in enumerate(results["variants"])
        if (entries := [e for e in found if _is_of(e, key, variant["key"])])
    ]
    return SegmentsView(metrics[key]["name"], tuple(tables))


def _is_of(entry: Mapping[str, Any], metric: str, treatment: str) -> bool:
    return bool(entry["values"]) and (entry["metric"], entry["treatment"]) == (metric, treatment)


def _table(
    variant: Mapping[str, Any], mark: int, entries: Sequence[Mapping[str, Any]]
) -> SegmentTable:
    axis = axis_over(end for entry in entries for value in entry["values"] for end in _ends(value))
    groups = tuple(_group(entry, axis) for entry in entries)
    is_bare = not any(row.bar or row.raw_x for group in groups for row in group.rows)
    return SegmentTable(variant["name"], mark, groups, axis, is_bare)


def _ends(value: Mapping[str, Any]) -> list[float]:
    known = (value.get(name) for name in ("low", "high", "lift", "shrunk"))
    return [min(max(each, -1.0), FORGET) for each in known if each is not None]


def _group(entry: Mapping[str, Any], axis: Axis) -> SegmentGroup:
    total = sum(value["n_control"] + value["n_treatment"] for value in entry["values"])
    rows = tuple(_row(value, total, axis) for value in entry["values"])
    attribute = str(entry["attribute"]).replace("_", " ").capitalize()
    return SegmentGroup(attribute, _answer(entry), rows)


def _row(value: Mapping[str, Any], total: int, axis: Axis) -> SegmentRow:
    units = value["n_control"] + value["n_treatment"]
    low, high, lift, shrunk = (value.get(name) for name in ("low", "high", "lift", "shrunk"))
    span = None if low is None or high is None else {"low": low, "high": high}
    point = lift if shrunk is None else shrunk
    bar = None
    if low is not None and high is not None and point is not None:
        bar = bar_on(axis, low, high, point, "idle")
    return SegmentRow(
        value=YES_NO.get(str(value["value"]).lower(), str(value["value"])),
        share=f"{percent(units / total)} of units" if total else "no unit",
        shrunk=lift_text(shrunk, span),
        raw=lift_text(lift, span),
        range=lift_range(span) if span else NOTHING,
        bar=bar,
        raw_x="" if lift is None else f"{axis.x(lift):.2f}%",
    )


def _answer(entry: Mapping[str, Any]) -> str:
    """Return whether the values differ, in words, with the p that is adjusted for all splits."""
    note = entry.get("note") or ""
    adjusted, plain = entry.get("adjusted_p"), entry.get("interaction_p")
    p_value = plain if adjusted is None else adjusted
    if p_value is None:
        return note or "Whether the segments differ could not be tested."
    differ = "they differ more than chance explains" if p_value < ALPHA else "no evidence they do"
    after = "" if adjusted is None else " after adjusting for every split"
    text = f"Do the segments differ? p {p_value_text(p_value)}{after}: {differ}."
    return f"{text} {note}".strip()
