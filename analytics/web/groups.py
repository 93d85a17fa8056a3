"""The metric tables by role, each on one axis, with what was corrected and how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.stats.formats import short_percent
from analytics.web.charts import Axis, Zone, axis_over, zone_on
from analytics.web.choices import Choice
from analytics.web.conclusions import Reading
from analytics.web.rows import RowView, Table, limit_of, rows_of
from analytics.web.spans import lift_ends, reading_of

ROLE_WORDS = {
    "primary": "Primary metric",
    "secondary": "Secondary metrics",
    "guardrail": "Guardrails",
}
CORRECTIONS = {
    "holm": "Holm",
    "bonferroni": "Bonferroni",
    "dunnett": "Dunnett",
    "benjamini_hochberg": "Benjamini–Hochberg",
}
CHANGES = {"relative": "Lift", "absolute": "Difference", "scaled": "Per day"}
FORGET_RANGE = 2.0  # lifts beyond ±200 % do not stretch the axis of all other rows


@dataclass(frozen=True, slots=True)
class GroupView:
    """The rows of one role; `axis` is None where each row has its own."""

    role: str
    title: str
    rows: tuple[RowView, ...]
    axis: Axis | None
    zone: Zone | None
    zone_text: str
    errors: tuple[tuple[str, str], ...]
    correction: str
    is_several: bool
    change: str
    stated: str
    level: str
    tally: str
    unrecorded: str
    is_bare: bool


def groups_of(results: Mapping[str, Any], choice: Choice) -> tuple[GroupView, ...]:
    """Return the tables of a report, primary first."""
    reading = Reading.of(results)
    groups = (_group(results, role, reading, choice) for role in ROLE_WORDS)
    return tuple(group for group in groups if group is not None)


def _group(
    results: Mapping[str, Any], role: str, reading: Reading, choice: Choice
) -> GroupView | None:
    metrics = [metric for metric in results["metrics"] if metric["role"] == role]
    if not metrics:
        return None
    is_relative = choice.effect == "relative"
    mde = results["mde"] if role == "primary" and is_relative else None
    axis = _axis(metrics, choice, mde)
    table = Table(results, reading, choice, axis)
    recorded = [metric for metric in metrics if _is_recorded(metric)]
    rows = tuple(row for metric in recorded for row in rows_of(table, metric))
    return GroupView(
        role=role,
        title=metrics[0]["name"] if role == "primary" and len(metrics) == 1 else ROLE_WORDS[role],
        rows=rows,
        axis=axis if is_relative else None,
        zone=zone_on(axis, -mde, mde) if mde else None,
        zone_text=f"±{short_percent(mde)}" if mde else "",
        errors=tuple((metric["name"], metric["error"]) for metric in metrics if metric["error"]),
        correction=_correction(metrics),
        is_several=len(metrics) > 1,
        change=CHANGES[choice.effect],
        stated=reading_of(choice),
        level=choice.percent,
        tally=_tally(rows, metrics) if role == "guardrail" else "",
        unrecorded=", ".join(m["name"] for m in metrics if not (_is_recorded(m) or m["error"])),
        is_bare=not any(row.bar for row in rows),
    )


def _is_recorded(metric: Mapping[str, Any]) -> bool:
    """Tell whether any variant has what the metric is counted over; rows of 0 / 0 say nothing."""
    return any(value["denominator"] for value in metric["values"].values())


def _axis(metrics: Sequence[Mapping[str, Any]], choice: Choice, mde: float | None) -> Axis:
    """Return the axis of lifts that holds every range, limit and the effect planned for."""
    spans = [
        lift_ends(compared, choice.level)
        for metric in metrics
        for compared in metric["comparisons"].values()
    ]
    ends = [min(max(end, -1.0), FORGET_RANGE) for span in spans if span for end in span]
    limits = [limit_of(m) for m in metrics if m["margin"] and m["comparisons"]]
    return axis_over([*ends, *limits, *([-mde, mde] if mde else [])])


def _correction(metrics: Sequence[Mapping[str, Any]]) -> str:
    """Return what p is corrected by, and over how many comparisons; "" where it is not."""
    adjusted = [
        compared
        for metric in metrics
        for compared in metric["comparisons"].values()
        if compared["p_adjusted"] is not None
    ]
    if not adjusted:
        return ""
    method = adjusted[0].get("adjustment") or ""
    return f"{CORRECTIONS.get(method, method)}, over {len(adjusted)} comparisons"


def _tally(rows: Sequence[RowView], metrics: Sequence[Mapping[str, Any]]) -> str:
    """Return how many guardrails are shown to hold, of those without a row too."""
    holding = sum(row.conclusion.icon == "good" for row in rows)
    count = sum(len(metric["comparisons"]) for metric in metrics)
    return f"{holding} of {count} shown to hold" if count else ""
