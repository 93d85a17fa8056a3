"""The metric tables: one row per metric and treatment, every number already written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.formatting import value_format
from analytics.stats.formats import ValueFormat
from analytics.web.charts import Axis, Bar, Limit, bar_on, limit_on, mark_of
from analytics.web.choices import Choice
from analytics.web.conclusions import Conclusion, Reading, conclude, judged_guardrail
from analytics.web.sensitivity import SensitivityRow, sensitivity_of
from analytics.web.spans import Span, Stated, own_axis, stated
from analytics.web.texts import limit_text, quotient, value_text


@dataclass(frozen=True, slots=True)
class RowView:
    """One treatment of one metric; `axis` is its table's, or its own in the metric's unit."""

    metric: str
    key: str
    detail: str
    treatment: str
    mark: int
    control_name: str
    control_value: str
    control_detail: str
    value: str
    value_detail: str
    change: str
    range: str
    conclusion: Conclusion
    axis: Axis
    bar: Bar | None
    limit: Limit | None
    is_lead: bool
    sensitivity: tuple[SensitivityRow, ...]
    formula: str


@dataclass(frozen=True, slots=True)
class Table:
    """What the rows of a table share."""

    results: Mapping[str, Any]
    reading: Reading
    choice: Choice
    axis: Axis

    @property
    def control(self) -> Mapping[str, Any]:
        """Return the control's row."""
        return next(variant for variant in self.results["variants"] if variant["is_control"])

    def shown_form(self, metric: Mapping[str, Any], compared: Mapping[str, Any]) -> ValueFormat:
        """Return how the chosen effect is written: per day a share of units is their number."""
        per_day = compared.get("scaled") if self.choice.effect == "scaled" else None
        if not per_day:
            return self.form(metric)
        return value_format(per_day.get("format", metric["format"]), self.results["currency"])

    def form(self, metric: Mapping[str, Any]) -> ValueFormat:
        """Return how a metric's values are written."""
        return value_format(metric["format"], self.results["currency"])


def rows_of(table: Table, metric: Mapping[str, Any]) -> list[RowView]:
    """Return a metric's rows, one for each treatment in the order of set-up."""
    return [
        _row(table, metric, variant, mark_of(index))
        for index, variant in enumerate(table.results["variants"])
        if variant["key"] in metric["comparisons"]
    ]


def limit_of(metric: Mapping[str, Any]) -> float:
    """Return the lift beyond which a guardrail is broken."""
    margin: float = metric["margin"]
    return -margin if metric["direction"] == "up" else margin


def _row(table: Table, metric: Mapping[str, Any], variant: Mapping[str, Any], mark: int) -> RowView:
    compared = metric["comparisons"][variant["key"]]
    form, control = table.form(metric), table.control
    base, own = metric["values"][control["key"]], metric["values"][variant["key"]]
    judged = judged_guardrail(table.reading, metric, variant["key"])
    conclusion = conclude(compared, metric, table.reading, judged)
    shown = stated(compared, table.shown_form(metric, compared), table.choice)
    axis = _axis(table, shown)
    return RowView(
        metric=metric["name"],
        key=metric["key"],
        detail=_detail(metric),
        treatment=variant["name"],
        mark=mark,
        control_name=control["name"],
        control_value=value_text(form, base["value"]),
        control_detail=quotient(metric, base, form),
        value=value_text(form, own["value"]),
        value_detail=quotient(metric, own, form),
        change=shown.text,
        range=shown.range,
        conclusion=conclusion,
        axis=axis,
        bar=_bar(axis, shown.span, conclusion.tone),
        limit=_limit(table, metric, axis),
        is_lead=variant["key"] == table.reading.named,
        sensitivity=sensitivity_of(compared, form, table.choice),
        formula=_formula(compared, table.choice),
    )


def _formula(compared: Mapping[str, Any], choice: Choice) -> str:
    """Return how an effect per day is made of the difference, "" for the other effects."""
    scaled = compared.get("scaled") or {}
    return str(scaled.get("formula", "")) if choice.effect == "scaled" else ""


def _axis(table: Table, shown: Stated) -> Axis:
    """Return the table's axis for lifts; other units have nothing in common but zero."""
    if table.choice.effect == "relative":
        return table.axis
    return own_axis([shown.span] if shown.span else [])


def _limit(table: Table, metric: Mapping[str, Any], axis: Axis) -> Limit | None:
    if not metric["margin"] or table.choice.effect != "relative":
        return None
    return limit_on(axis, limit_of(metric))


def _detail(metric: Mapping[str, Any]) -> str:
    """Return what must be known to read a metric: its good direction, its limit."""
    parts = ["lower is better"] if metric["direction"] == "down" else []
    if metric["role"] == "guardrail":
        limit = f"limit {limit_text(limit_of(metric))}" if metric["margin"] else "no limit set"
        parts.append(limit)
    return " · ".join(parts)


def _bar(axis: Axis, span: Span | None, tone: str) -> Bar | None:
    return bar_on(axis, span.low, span.high, span.point, tone) if span else None
