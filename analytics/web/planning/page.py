"""The page of a plan as its template shows it: every number already written."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from django.utils.http import urlencode

from analytics.launch.history import DAYS
from analytics.launch.metric_plan import MetricPlan
from analytics.launch.planner import ExperimentPlan
from analytics.launch.traffic import Crowd
from analytics.stats.formats import number, short_percent
from analytics.web.choices import Option
from analytics.web.planning.rows import PlanRow, found_text, needed_text, row_of, sought_text
from analytics.web.planning.weeks import WeeksView, weeks_of
from analytics.web.plots import Plot, columns_of, scale_over, x_labels, y_ticks
from analytics.web.times import moment_text
from experiments.models import Experiment

TRAFFIC_HEIGHT = 72


@dataclass(frozen=True, slots=True)
class CrowdView:
    """Who came in the four weeks, and which part of them would enter."""

    plot: Plot
    rows: tuple[tuple[str, str, str], ...]
    parts: tuple[tuple[str, str], ...]
    days: int
    is_short: bool
    per_day: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """The answer to what was asked; `says` about the primary metric, then each metric's row."""

    says: tuple[str, ...]
    tone: str
    rows: tuple[PlanRow, ...]
    weeks: WeeksView | None
    crowd: CrowdView
    days: int
    as_of: str
    holds_at_every_look: bool


def plan_view(
    experiment: Experiment, plan: ExperimentPlan, query: Mapping[str, str], shown: str
) -> PlanView:
    """Return the answer; `query`: the address's, `shown`: the key of the metric in the chart."""
    currency = experiment.site.currency
    cuped = plan.asked.uses_cuped
    return PlanView(
        says=sentences(plan),
        tone=_tone(plan.primary),
        rows=tuple(row_of(each, currency, uses_cuped=cuped) for each in plan.metrics),
        weeks=_weeks(plan, query, shown, currency),
        crowd=_crowd(plan.crowd, plan.asked.share),
        days=plan.asked.days,
        as_of=moment_text(experiment, plan.until_us),
        holds_at_every_look=plan.asked.looks != "fixed",
    )


def sentences(plan: ExperimentPlan) -> tuple[str, ...]:
    """Return the answer about the primary metric: what the days find, and what the lift takes."""
    primary = plan.primary
    if primary is None:
        return ("No single metric is primary, so none decides: make one metric primary.",)
    if primary.known.missing:
        return (f"{primary.known.name} {primary.known.missing}.",)
    return tuple(each for each in (_after(primary), _until(primary)) if each)


def _after(plan: MetricPlan) -> str:
    found = plan.found
    if found is None:
        return ""
    if found.effect is None:
        return f"{_days(found.days)} bring too few units to show anything of {plan.known.name}."
    return (
        f"With {_days(found.days)} you can find a change of {found_text(plan)} or more of"
        f" {plan.known.name}, from about {number(found.n_units)} units."
    )


def _until(plan: MetricPlan) -> str:
    if plan.sought is None:
        return "Name a lift, and the days that it takes are told."
    what = sought_text(plan)
    lead = f"{what[0].upper()}{what[1:]}"
    if needed_text(plan) == "never":
        return f"{lead} is never reached."
    return f"{lead} you need {needed_text(plan)}, about {number(plan.n_needed or 0)} units."


def _tone(plan: MetricPlan | None) -> str:
    if plan is None or plan.known.missing:
        return "bad"
    if plan.sought is None:
        return "info"
    if plan.needed is None or plan.needed.days is None:
        return "bad"
    is_enough = plan.found is not None and plan.needed.days <= plan.found.days
    return "good" if is_enough else "warn"


def _weeks(
    plan: ExperimentPlan, query: Mapping[str, str], shown: str, currency: str
) -> WeeksView | None:
    """Return the chart of the chosen metric, else of the first that can be planned."""
    known = {each.known.chosen.metric.key: each for each in plan.metrics if each.weeks}
    if not known:
        return None
    key = shown if shown in known else next(iter(known))
    options = [
        Option(each.known.name, _address(query, metric=own), own == key)
        for own, each in known.items()
    ]
    return weeks_of(known[key], options, currency)


def _address(query: Mapping[str, str], **changes: str) -> str:
    return f"?{urlencode({**query, **changes})}#weeks"


def _crowd(crowd: Crowd, share: float) -> CrowdView:
    new = [crowd.cumulative[0], *(b - a for a, b in pairwise(crowd.cumulative))]
    names = [str(day) for day in range(1, crowd.days + 1)]
    pairs = zip(names, new, crowd.cumulative, strict=True)
    return CrowdView(
        plot=_new_units(new, names),
        rows=tuple((f"Day {day}", number(one), number(all_)) for day, one, all_ in pairs),
        parts=_parts(crowd, share),
        days=crowd.days,
        is_short=crowd.is_short,
        per_day=number(round(crowd.traffic(share).new_per_day)),
    )


def _new_units(new: list[int], names: list[str]) -> Plot:
    scale = scale_over([float(each) for each in new], steps=2, least=1.0)
    return Plot(
        label=f"New units by day, {number(max(new))} at most, {number(sum(new))} in all",
        height=TRAFFIC_HEIGHT,
        y_ticks=y_ticks(scale, [number(value) for value in scale.values], TRAFFIC_HEIGHT),
        x_labels=x_labels(names),
        columns=columns_of([float(each) for each in new], scale, TRAFFIC_HEIGHT),
    )


def _parts(crowd: Crowd, share: float) -> tuple[tuple[str, str], ...]:
    """Return from whom it is planned to which part of them enters."""
    return (
        (f"Different units in {_days(min(crowd.days, DAYS))}", number(crowd.cumulative[-1])),
        ("Share of the traffic", short_percent(share)),
        ("Meet the audience", short_percent(crowd.eligible)),
        ("In no holdout", short_percent(crowd.outside_holdouts)),
    )


def _days(days: int) -> str:
    return f"{number(days)} {'day' if days == 1 else 'days'}"
