"""The planning chart: the smallest effect of one metric by weeks of running, with its table."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.launch.metric_plan import MetricPlan
from analytics.stats.formats import number
from analytics.stats.planning.mde import WeekMde
from analytics.stats.schedule import WEEK
from analytics.web.choices import Option
from analytics.web.planning.rows import effect_text, lift_text
from analytics.web.plots import (
    HEIGHT,
    Line,
    Plot,
    Scale,
    line_of,
    percent_label,
    scale_over,
    x_labels,
    y_ticks,
)
from analytics.web.texts import NOTHING

MOST_TIMES = 4  # as high as what the last week shows: the first weeks would flatten the rest


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One week of the table; `is_past`: beyond what the history shows, at its last pace."""

    week: str
    days: str
    units: str
    lift: str
    effect: str
    is_past: bool


@dataclass(frozen=True, slots=True)
class WeeksView:
    """The chart of one metric; `plot` is None where no week shows any lift."""

    metric: str
    what: str
    options: tuple[Option, ...]
    plot: Plot | None
    rows: tuple[WeekRow, ...]
    is_cut: bool
    has_past: bool


def weeks_of(plan: MetricPlan, options: Sequence[Option], currency: str) -> WeeksView:
    """Return the chart of a metric that can be planned."""
    points = [each.lift for each in plan.weeks]
    top = _top(plan, points)
    rows = tuple(_row(plan, each, currency) for each in plan.weeks)
    return WeeksView(
        metric=plan.known.name,
        what="loss that is excluded" if plan.is_guardrail else "change that is found",
        options=tuple(options),
        plot=_plot(plan, points, top) if top is not None else None,
        rows=rows,
        is_cut=top is not None and any(point is not None and point > top for point in points),
        has_past=any(row.is_past for row in rows),
    )


def _top(plan: MetricPlan, points: Sequence[float | None]) -> float | None:
    """Return the highest lift that the axis shows, None without any."""
    known = [each for each in points if each is not None]
    if not known:
        return None
    reach = max(MOST_TIMES * known[-1], plan.sought or 0.0)
    return min(max(known), reach)


def _plot(plan: MetricPlan, points: Sequence[float | None], top: float) -> Plot:
    sought = [plan.sought] if plan.sought and plan.sought <= 2 * top else []
    scale = scale_over([top, *sought])
    drawn = [None if each is None or each > scale.high else each for each in points]
    lines = [line_of("Smallest change shown", 1, drawn, scale)]
    if sought:
        lines.append(_flat("What is sought", sought[0], len(points), scale))
    return Plot(
        label=_spoken(plan),
        height=HEIGHT,
        y_ticks=y_ticks(scale, [percent_label(value, scale) for value in scale.values]),
        x_labels=x_labels([str(each.week) for each in plan.weeks]),
        lines=tuple(lines),
    )


def _flat(name: str, value: float, count: int, scale: Scale) -> Line:
    return line_of(name, 2, [value] * count, scale, is_marked=False)


def _spoken(plan: MetricPlan) -> str:
    """Return the chart in words."""
    told = [f"week {each.week} {lift_text(plan, each.lift)}" for each in plan.weeks if each.lift]
    return f"{plan.known.name}, smallest change by weeks of running: {', '.join(told)}"


def _row(plan: MetricPlan, week: WeekMde, currency: str) -> WeekRow:
    return WeekRow(
        week=f"Week {week.week}",
        days=f"{week.week * WEEK} days",
        units=number(week.n_units),
        lift=lift_text(plan, week.lift),
        effect=effect_text(plan, week, currency) or NOTHING,
        is_past=week.is_extrapolated,
    )
