"""A plan, and what is left of a run, as plain values for machines: fractions, days and units."""

from collections.abc import Mapping
from typing import Any

from analytics.launch.asked import Asked
from analytics.launch.metric_plan import MetricPlan, Shown, why_never
from analytics.launch.planner import ExperimentPlan
from analytics.launch.remaining import UNDER_WAY, Remaining, remaining_of
from analytics.launch.traffic import Crowd
from analytics.stats.planning.mde import WeekMde


def plan_dict(
    plan: ExperimentPlan | None, *, asked: Asked | None = None, missing: str = "", fix: str = ""
) -> dict[str, Any]:
    """Return a plan, or what was asked and why there is none."""
    wanted = plan.asked if plan else asked
    return {
        "asked": asked_dict(wanted) if wanted else None,
        "missing": missing,
        "fix": fix,
        "until_us": plan.until_us if plan else None,
        "history": _crowd(plan.crowd, plan.asked.share) if plan else None,
        "metrics": [metric_dict(each) for each in plan.metrics] if plan else [],
    }


def asked_dict(asked: Asked) -> dict[str, Any]:
    """Return what was asked, by the names of the query."""
    return {
        "days": asked.days,
        "lift": asked.lift,
        "monitoring": asked.looks.value,
        "cuped": asked.uses_cuped,
        "power": asked.power,
        "alpha": asked.alpha,
        "share": asked.share,
    }


def metric_dict(plan: MetricPlan) -> dict[str, Any]:
    """Return a metric's plan; without history its figures are None and `missing` says why."""
    known, found, needed = plan.known, plan.found, plan.needed
    return {
        "key": known.chosen.metric.key,
        "name": known.name,
        "role": known.chosen.role,
        "kind": known.chosen.metric.kind,
        "goal": plan.design.goal.value,
        "sought": plan.sought,
        "is_fall": plan.sign < 0,
        "missing": known.missing,
        "value": known.history.value if known.history else None,
        "sigma": known.history.sigma if known.history else None,
        "n_units": known.n_units,
        "lag_days": known.lag_days,
        "cap": known.cap,
        "variance_kept": known.kept,
        "takes_past_out": known.uses_past,
        "found": _found(found) if found else None,
        "power": plan.power,
        "needed": None
        if needed is None
        else {
            "n_units": plan.n_needed,
            "days": needed.days,
            "days_missing": needed.days_needed,
            "is_extrapolated": needed.is_extrapolated,
        },
        "never": why_never(plan),
        "weeks": [_week(each) for each in plan.weeks],
    }


def remaining_dict(results: Mapping[str, Any], asked: Asked) -> dict[str, Any] | None:
    """Return what is left of a run by a stored report, None when it is over or has no unit."""
    if results.get("status") not in UNDER_WAY:
        return None
    found = remaining_of(results, lift=asked.lift, power=asked.power)
    if not found:
        return None
    return {"until_us": results["until_us"], "metrics": [_remaining(each) for each in found]}


def _remaining(left: Remaining) -> dict[str, Any]:
    found = left.projection
    return {
        "key": left.key,
        "name": left.name,
        "goal": "non_inferiority" if left.is_guardrail else "superiority",
        "sought": left.sought,
        "n_units": found.n_units if found else None,
        "n_needed": found.n_needed if found else None,
        "new_per_day": found.new_per_day if found else None,
        "days_missing": found.days_missing if found else None,
        "days_left": found.days_left if found else None,
        "reason": found.reason.value if found and found.reason else "",
    }


def _crowd(crowd: Crowd, share: float) -> dict[str, Any]:
    return {
        "days": crowd.days,
        "is_short": crowd.is_short,
        "units_by_day": list(crowd.cumulative),
        "eligible": crowd.eligible,
        "outside_holdouts": crowd.outside_holdouts,
        "new_per_day": crowd.traffic(share).new_per_day,
    }


def _found(found: Shown) -> dict[str, Any]:
    return {
        "days": found.days,
        "n_units": found.n_units,
        "effect": found.effect,
        "lift": found.lift,
        "is_extrapolated": found.is_extrapolated,
    }


def _week(week: WeekMde) -> dict[str, Any]:
    return {
        "week": week.week,
        "n_units": week.n_units,
        "effect": week.effect,
        "lift": week.lift,
        "is_extrapolated": week.is_extrapolated,
    }
