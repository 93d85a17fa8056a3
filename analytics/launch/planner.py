"""What an experiment can show, planned from the site's own last four weeks."""

from dataclasses import dataclass

from django.utils import timezone

from analytics.errors import AnalyticsError
from analytics.launch.history import DAYS, Past, cumulative_units, moments_of
from analytics.models import Metric
from analytics.selectors import metrics_of, query_of
from analytics.stats.means import mean_estimate
from analytics.stats.planning.design import (
    Correction,
    Design,
    Looks,
    MetricHistory,
    history_of,
    power_at,
    sample_size,
)
from analytics.stats.planning.duration import Traffic, duration
from analytics.stats.planning.mde import mde_by_week, smallest_effect
from analytics.stats.proportions import proportion_estimate
from analytics.stats.ratios import ratio_estimate
from analytics.stats.results import Kind
from experiments.assignment.hashing import BUCKETS
from experiments.clock import EPOCH, MICROSECOND
from experiments.desks import Plan, PlanWeek
from experiments.errors import ArmatureError
from experiments.matching import count_matching
from experiments.models import Experiment

ESTIMATES = {
    Kind.BINARY: proportion_estimate,
    Kind.MEAN: mean_estimate,
    Kind.RATIO: ratio_estimate,
}
LEAST_UNITS = 100  # of fewer the spread of a unit says little
ENOUGH_POWER = 0.8


class CannotPlan(Exception):
    """Why the past says nothing about this experiment, in a manager's words."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan rests on: the primary metric's past, who comes, and how it will be judged."""

    metric: Metric
    history: MetricHistory
    traffic: Traffic
    design: Design


def plan_of(experiment: Experiment) -> Plan:
    """Return what the experiment can show by weeks of running, or why that cannot be said."""
    try:
        basis = basis_of(experiment)
    except CannotPlan as why:
        return Plan(missing=str(why))
    weeks = mde_by_week(basis.history, basis.traffic, basis.design)
    return Plan(
        metric=basis.metric.name,
        weeks=tuple(PlanWeek(each.week, each.n_units, each.lift) for each in weeks),
        per_day=basis.traffic.new_per_day,
        days=days_needed(experiment, basis),
    )


def basis_of(experiment: Experiment) -> Basis:
    """Return what the plan of an experiment rests on; raises CannotPlan with what is missing."""
    primary = [each.metric for each in metrics_of(experiment) if each.role == Metric.Role.PRIMARY]
    if len(primary) != 1:
        raise CannotPlan("there is no single primary metric to plan for")
    past = Past.of(experiment)
    traffic = _traffic(experiment, past)
    return Basis(primary[0], _history(past, primary[0]), traffic, _design(experiment))


def _traffic(experiment: Experiment, past: Past) -> Traffic:
    seen = cumulative_units(past)
    place = experiment.place if experiment.placement else experiment.site.name
    if not seen or seen[-1] < LEAST_UNITS:
        raise CannotPlan(
            f"{seen[-1] if seen else 0} {experiment.unit_type}s were served a list at {place} in"
            f" the last {DAYS} days, at least {LEAST_UNITS} are needed"
        )
    share = _allocated(experiment) * _eligible(experiment, past)
    if share <= 0:
        raise CannotPlan("no unit that was seen lately would enter: traffic or audience is empty")
    return Traffic(seen, share)


def _allocated(experiment: Experiment) -> float:
    allocation = getattr(experiment, "allocation", None)
    return (allocation.stop - allocation.start) / BUCKETS if allocation else 0.0


def _eligible(experiment: Experiment, past: Past) -> float:
    """Return the share of lately seen units that meet the eligibility, 1 where nobody was."""
    if not experiment.eligibility:
        return 1.0
    found = count_matching(
        site=experiment.site,
        condition=experiment.eligibility,
        unit_type=experiment.unit_type,
        now=min(timezone.now(), EPOCH + past.until_us * MICROSECOND),
    )
    return found.n_matching / found.n_units if found.n_units else 1.0


def _history(past: Past, metric: Metric) -> MetricHistory:
    if metric.kind not in ESTIMATES or not query_of(metric).is_summed:
        raise CannotPlan(f"what {metric.name} counts cannot be told from the time before")
    kind = Kind(metric.kind)
    try:
        return history_of(kind, ESTIMATES[kind](moments_of(past, metric)))
    except (AnalyticsError, ArmatureError):
        raise CannotPlan(
            f"{metric.name} did not vary in the last {DAYS} days: nothing was counted, or the same"
            " for every unit"
        ) from None


def _design(experiment: Experiment) -> Design:
    variants = sorted(experiment.variants.all(), key=lambda each: not each.is_control)
    if len(variants) < 2:
        raise CannotPlan("a plan needs a control and a treatment")
    looks = Looks.FIXED if experiment.monitoring == "fixed" else Looks.ALWAYS_VALID
    # The report corrects by Holm, which is never worse than this.
    correction = Correction.BONFERRONI if len(variants) > 2 else Correction.NONE
    weights = tuple(float(variant.weight) for variant in variants)
    return Design(weights=weights, looks=looks, correction=correction)


def _sought(experiment: Experiment, basis: Basis) -> float:
    """Return the effect worth detecting in the metric's unit; raises AnalyticsError if none is."""
    lift = experiment.mde or 0.0
    sign = -1 if experiment.expected_direction == Experiment.Direction.DECREASE else 1
    return basis.history.effect_of(sign * lift)


def days_needed(experiment: Experiment, basis: Basis) -> int | None:
    """Return the days until the smallest lift worth detecting is found, None when that is never."""
    try:
        needed = sample_size(basis.history, _sought(experiment, basis), basis.design)
    except AnalyticsError:
        return None
    return duration(basis.traffic, needed.n_total).days


def power_after(experiment: Experiment, basis: Basis, days: int) -> float | None:
    """Return the power to find the smallest lift worth detecting after so many days.

    None where no lift is named, or none that such a metric could have.
    """
    if not experiment.mde:
        return None
    try:
        n_total = basis.traffic.units_by(days)
        return power_at(basis.history, _sought(experiment, basis), n_total, basis.design)
    except AnalyticsError:
        return None


def lift_after(basis: Basis, days: int) -> float | None:
    """Return the smallest lift that so many days show, a fraction; None where they show none."""
    try:
        effect = smallest_effect(basis.history, basis.traffic.units_by(days), basis.design)
    except AnalyticsError:
        return None
    return effect / basis.history.value if effect and basis.history.value > 0 else None
