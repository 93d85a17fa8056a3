"""The metric tables: one row per metric and treatment, every number already written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.formatting import value_format
from analytics.stats.formats import ValueFormat, short_percent
from analytics.web.charts import Axis, Bar, Limit, Zone, axis_over, bar_on, limit_on, zone_on
from analytics.web.conclusions import Conclusion, Reading, conclude, judged_guardrail
from analytics.web.texts import lift_range, lift_text, limit_text, quotient, value_range, value_text

ROLE_WORDS = {
    "primary": "Primary metric",
    "secondary": "Secondary metrics",
    "guardrail": "Guardrails",
}
FORGET_RANGE = 2.0  # lifts beyond ±200 % do not stretch the axis of all other rows


@dataclass(frozen=True, slots=True)
class RowView:
    """One treatment of one metric."""

    metric: str
    detail: str
    treatment: str
    mark: int
    control_name: str
    control_value: str
    control_detail: str
    value: str
    value_detail: str
    effect: str
    effect_range: str
    lift: str
    lift_range: str
    conclusion: Conclusion
    bar: Bar | None
    limit: Limit | None
    is_lead: bool


@dataclass(frozen=True, slots=True)
class GroupView:
    """The rows of one role, on one axis."""

    role: str
    title: str
    rows: tuple[RowView, ...]
    axis: Axis
    zone: Zone | None
    zone_text: str
    errors: tuple[tuple[str, str], ...]
    is_adjusted: bool
    is_several: bool


def groups_of(results: Mapping[str, Any]) -> tuple[GroupView, ...]:
    """Return the tables of a report, primary first."""
    reading = Reading.of(results)
    groups = (_group(results, role, reading) for role in ROLE_WORDS)
    return tuple(group for group in groups if group is not None)


def _group(results: Mapping[str, Any], role: str, reading: Reading) -> GroupView | None:
    metrics = [metric for metric in results["metrics"] if metric["role"] == role]
    if not metrics:
        return None
    mde = results["mde"] if role == "primary" else None
    axis = axis_over([*_ends(metrics), *_limits(metrics), *([-mde, mde] if mde else [])])
    rows = [row for metric in metrics for row in _rows(results, metric, axis, reading)]
    return GroupView(
        role=role,
        title=metrics[0]["name"] if role == "primary" and len(metrics) == 1 else ROLE_WORDS[role],
        rows=tuple(rows),
        axis=axis,
        zone=zone_on(axis, -mde, mde) if mde else None,
        zone_text=f"±{short_percent(mde)}" if mde else "",
        errors=tuple((metric["name"], metric["error"]) for metric in metrics if metric["error"]),
        is_adjusted=any(
            compared["p_adjusted"] is not None
            for metric in metrics
            for compared in metric["comparisons"].values()
        ),
        is_several=len(metrics) > 1,
    )


def _ends(metrics: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return every end of a lift's range that may stretch the axis."""
    ranges = [
        compared["lift_interval"]
        for metric in metrics
        for compared in metric["comparisons"].values()
        if compared.get("lift_interval")
    ]
    ends = [end for span in ranges for end in (span["low"], span["high"])]
    return [min(max(end, -1.0), FORGET_RANGE) for end in ends]


def _limits(metrics: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return the guardrails' limits, which belong on the axis."""
    return [_limit(metric) for metric in metrics if metric["margin"] and metric["comparisons"]]


def _limit(metric: Mapping[str, Any]) -> float:
    """Return the lift beyond which a guardrail is broken."""
    margin: float = metric["margin"]
    return -margin if metric["direction"] == "up" else margin


def _rows(
    results: Mapping[str, Any], metric: Mapping[str, Any], axis: Axis, reading: Reading
) -> list[RowView]:
    control = next(variant for variant in results["variants"] if variant["is_control"])
    written = value_format(metric["format"], results["currency"])
    return [
        _row(metric, control, variant, min(index, 4), written, axis, reading)
        for index, variant in enumerate(results["variants"])
        if variant["key"] in metric["comparisons"]
    ]


def _row(
    metric: Mapping[str, Any],
    control: Mapping[str, Any],
    variant: Mapping[str, Any],
    mark: int,
    written: ValueFormat,
    axis: Axis,
    reading: Reading,
) -> RowView:
    compared = metric["comparisons"][variant["key"]]
    base, own = metric["values"][control["key"]], metric["values"][variant["key"]]
    judged = judged_guardrail(reading, metric, variant["key"])
    conclusion = conclude(compared, metric, reading, judged)
    return RowView(
        metric=metric["name"],
        detail=_detail(metric),
        treatment=variant["name"],
        mark=mark,
        control_name=control["name"],
        control_value=value_text(written, base["value"]),
        control_detail=quotient(metric, base, written),
        value=value_text(written, own["value"]),
        value_detail=quotient(metric, own, written),
        effect=value_text(written, compared["effect"], is_signed=True),
        effect_range=value_range(written, compared["interval"]),
        lift=lift_text(compared["lift"], compared["lift_interval"]),
        lift_range=lift_range(compared["lift_interval"]),
        conclusion=conclusion,
        bar=_bar(axis, compared, conclusion.tone),
        limit=limit_on(axis, _limit(metric)) if metric["margin"] else None,
        is_lead=variant["key"] == reading.named,
    )


def _detail(metric: Mapping[str, Any]) -> str:
    """Return what must be known to read a metric: its good direction, its limit."""
    parts = ["lower is better"] if metric["direction"] == "down" else []
    if metric["role"] == "guardrail":
        limit = f"limit {limit_text(_limit(metric))}" if metric["margin"] else "no limit set"
        parts.append(limit)
    return " · ".join(parts)


def _bar(axis: Axis, compared: Mapping[str, Any], tone: str) -> Bar | None:
    span = compared["lift_interval"]
    if not span:
        return None
    return bar_on(axis, span["low"], span["high"], compared["lift"], tone)
