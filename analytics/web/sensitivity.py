"""The same question asked differently: with and without history and cap, on the same axis."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.stats.formats import ValueFormat, percent
from analytics.web.charts import Axis, Bar, axis_over, bar_on
from analytics.web.choices import Choice
from analytics.web.spans import Span, own_axis, stated


@dataclass(frozen=True, slots=True)
class SensitivityRow:
    """One way to estimate, with its range; `decides`: whether the verdict rests on it."""

    label: str
    decides: bool
    change: str
    range: str
    axis: Axis
    bar: Bar | None
    note: str


def sensitivity_of(
    compared: Mapping[str, Any], form: ValueFormat, choice: Choice
) -> tuple[SensitivityRow, ...]:
    """Return the adjusted estimate beside the raw one, () where nothing was adjusted."""
    raw = compared.get("raw")
    if not raw:
        return ()
    # Of the raw one nothing is kept per day, nor at other levels.
    view = Choice("absolute" if choice.effect == "scaled" else choice.effect)
    both = (stated(compared, form, view), stated(raw, form, view))
    spans = [each.span for each in both if each.span]
    axis = _axis(spans, view)
    labels = ("With history and cap", "Raw, without either")
    notes = (_ratio(compared.get("variance_ratio")), "")
    return tuple(
        SensitivityRow(
            label=label,
            decides=place == 0,
            change=each.text,
            range=each.range,
            axis=axis,
            bar=_bar(axis, each.span),
            note=note,
        )
        for place, (label, each, note) in enumerate(zip(labels, both, notes, strict=True))
    )


def _axis(spans: list[Span], view: Choice) -> Axis:
    if view.effect == "relative":
        return axis_over(end for span in spans for end in (span.low, span.high))
    return own_axis(spans)


def _bar(axis: Axis, span: Span | None) -> Bar | None:
    return bar_on(axis, span.low, span.high, span.point, "idle") if span else None


def _ratio(ratio: float | None) -> str:
    """Return how much of the uncertainty is left, in words."""
    if ratio is None:
        return ""
    return f"{percent(ratio, decimals=0)} of the raw variance is left"
