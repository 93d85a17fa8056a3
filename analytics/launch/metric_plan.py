"""One metric, planned both ways: days to an effect, an effect to days, and both by week."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analytics.errors import AnalyticsError
from analytics.launch.asked import Asked
from analytics.launch.known import Known
from analytics.models import Metric
from analytics.stats.planning.design import (
    Correction,
    Design,
    Goal,
    MetricHistory,
    power_at,
    sample_size,
)
from analytics.stats.planning.duration import Duration, NoEnd, Traffic, duration
from analytics.stats.planning.mde import PLANNED_WEEKS, WeekMde, mde_by_week, smallest_effect
from analytics.stats.results import Direction
from analytics.stats.schedule import WEEK

GUARDRAIL_ALPHA = 0.05  # as `DecisionInputs` has it: one-sided, whatever the analysis' own is


@dataclass(frozen=True, slots=True)
class Shown:
    """What so many days show: an effect in the metric's unit, and a lift where there is one."""

    days: int
    n_units: int
    effect: float | None = None
    lift: float | None = None
    is_extrapolated: bool = False


@dataclass(frozen=True, slots=True)
class MetricPlan:
    """A metric's plan; without `known.history` there is none, and `known.missing` says why.

    `sought`: the lift to find, or of a guardrail the loss to exclude; a fraction, None where there
    is neither. `found`: what the asked days show. `needed`: how long what is sought takes, and
    `n_needed` how many units; None where no number of units would do. `sign`: -1 for a fall.
    """

    known: Known
    design: Design
    traffic: Traffic
    sign: int = 1
    sought: float | None = None
    power: float | None = None
    found: Shown | None = None
    needed: Duration | None = None
    n_needed: int | None = None
    weeks: tuple[WeekMde, ...] = ()

    @property
    def is_guardrail(self) -> bool:
        """Tell whether a loss is to be excluded, not a change to be found."""
        return self.design.goal is Goal.NON_INFERIORITY


def plan_metric(
    known: Known, traffic: Traffic, asked: Asked, design: Design, *, is_fall: bool = False
) -> MetricPlan:
    """Return the plan of one metric, each by itself.

    `design`: of the primary metric; a guardrail with a margin is planned as it is judged, one-sided
    and uncorrected. `is_fall`: whether the change that is looked for is one to less.
    """
    margin = known.chosen.margin if known.chosen.role == Metric.Role.GUARDRAIL else None
    own = guarding(design) if margin else design
    late = _delayed(traffic, known.lag_days)
    sign = -1 if is_fall or (margin and _rises_for_good(known)) else 1
    plan = MetricPlan(known, own, late, sign, sought=margin or asked.lift)
    history = known.adjusted() if asked.uses_cuped else known.history
    return plan if history is None else _planned(plan, history, asked.days)


def guarding(design: Design) -> Design:
    """Return how a guardrail is judged in that design: one-sided, uncorrected, by its margin."""
    return replace(
        design,
        goal=Goal.NON_INFERIORITY,
        alpha=GUARDRAIL_ALPHA,
        correction=Correction.NONE,
    )


def _rises_for_good(known: Known) -> bool:
    return known.chosen.metric.direction == Direction.UP


def _delayed(traffic: Traffic, days: int) -> Traffic:
    """Return the traffic as a metric meets it whose units count only so many days later."""
    return replace(traffic, cumulative=(0,) * days + traffic.cumulative)


def _planned(plan: MetricPlan, history: MetricHistory, days: int) -> MetricPlan:
    n_needed = _units_for(plan, history)
    return replace(
        plan,
        power=_power(plan, history, days),
        found=shown_after(plan, history, days),
        needed=duration(plan.traffic, n_needed) if n_needed else None,
        n_needed=n_needed,
        weeks=_weeks(plan, history),
    )


def shown_after(plan: MetricPlan, history: MetricHistory, days: int) -> Shown:
    """Return the smallest effect that so many days show."""
    n_units = plan.traffic.units_by(days)
    shown = Shown(days, math.floor(n_units), is_extrapolated=plan.traffic.is_extrapolated(days))
    if not _has_units(plan, n_units):
        return shown
    effect = smallest_effect(history, n_units, plan.design, is_fall=plan.sign < 0)
    if effect is None:
        return shown
    return replace(shown, effect=effect, lift=effect / history.value if history.value > 0 else None)


def _has_units(plan: MetricPlan, n_units: float) -> bool:
    """Tell whether each variant has the units from which on anything is said of the metric."""
    least = max(2, plan.known.chosen.metric.min_units)
    return n_units * min(plan.design.shares) >= least


def _weeks(plan: MetricPlan, history: MetricHistory) -> tuple[WeekMde, ...]:
    found = mde_by_week(
        history, plan.traffic, plan.design, weeks=PLANNED_WEEKS, is_fall=plan.sign < 0
    )
    return tuple(
        each if _has_units(plan, each.n_units) else replace(each, effect=None, lift=None)
        for each in found
    )


def _units_for(plan: MetricPlan, history: MetricHistory) -> int | None:
    """Return the units over all variants that what is sought needs, None where none would do."""
    if plan.sought is None:
        return None
    try:
        effect = history.effect_of(plan.sign * plan.sought)
        needed = sample_size(history, effect, plan.design).n_total
    except AnalyticsError:
        return None
    least = plan.known.chosen.metric.min_units
    return max(needed, math.ceil(least / min(plan.design.shares)))


def _power(plan: MetricPlan, history: MetricHistory, days: int) -> float | None:
    """Return the power to show what is sought after so many days, None where none can."""
    n_units = plan.traffic.units_by(days)
    if plan.sought is None or not _has_units(plan, n_units):
        return None
    try:
        effect = history.effect_of(plan.sign * plan.sought)
        return power_at(history, effect, n_units, plan.design)
    except AnalyticsError:
        return None


def why_never(plan: MetricPlan) -> str:
    """Return why what is sought is never shown, with what would do; "" where it is."""
    if plan.sought is None or plan.known.history is None:
        return ""
    if plan.needed is None:
        return (
            "no number of units would do: the value cannot change by so much, or is not positive."
            " Ask for less"
        )
    if plan.needed.reason is NoEnd.NO_TRAFFIC:
        return "no new unit came in the last week. Look why none comes, or wait for traffic"
    if plan.needed.reason is NoEnd.TOO_LONG:
        return f"more than 52 weeks would be needed. {_instead(plan.weeks)}"
    return ""


def _instead(weeks: Sequence[WeekMde]) -> str:
    """Return what could be asked instead."""
    last = next((each for each in reversed(weeks) if each.lift is not None), None)
    if last is None or last.lift is None:
        return "Take more traffic, or ask for less"
    return (
        f"Take more traffic, or ask for {100 * last.lift:.2g} % or more, which"
        f" {last.week * WEEK} days show"
    )
