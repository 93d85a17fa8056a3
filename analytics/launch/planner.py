"""What an experiment can show, planned from the site's own last four weeks."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.choices import choices_of
from analytics.errors import AnalyticsError
from analytics.launch.asked import Asked, design_of
from analytics.launch.history import Past
from analytics.launch.known import Known
from analytics.launch.lately import last_weeks
from analytics.launch.metric_plan import MetricPlan, plan_metric
from analytics.launch.traffic import CannotPlan, Crowd, crowd_of
from analytics.models import Metric
from analytics.selectors import ChosenMetric, metrics_of
from experiments.desks import Plan, PlanWeek
from experiments.models import Experiment

__all__ = ["ENOUGH_POWER", "CannotPlan", "ExperimentPlan", "plan_experiment", "plan_of"]

ENOUGH_POWER = 0.8


@dataclass(frozen=True, slots=True)
class ExperimentPlan:
    """What was asked and what came out: of the primary metric first, then of each other one.

    `until_us`: where the four weeks end that it was made of.
    """

    asked: Asked
    crowd: Crowd
    metrics: tuple[MetricPlan, ...]
    until_us: int

    @property
    def primary(self) -> MetricPlan | None:
        """Return the plan of the metric that decides, None where none or several do."""
        found = [each for each in self.metrics if each.known.chosen.role == Metric.Role.PRIMARY]
        return found[0] if len(found) == 1 else None


def plan_experiment(
    experiment: Experiment,
    asked: Asked | None = None,
    metrics: Sequence[ChosenMetric] | None = None,
) -> ExperimentPlan:
    """Return the plan of an experiment's metrics, or of some; reads, writes nothing.

    Without `asked` by its own set-up. Raises CannotPlan where nothing at all can be planned; a
    metric of which that is true says so itself.
    """
    asked = asked or Asked.of(experiment)
    try:
        design = design_of(experiment, asked)
    except AnalyticsError:
        raise CannotPlan(
            "a plan needs a control and a treatment, each with a weight",
            "Add a second variant, and give each a weight.",
        ) from None
    chosen = metrics_of(experiment) if metrics is None else metrics
    uses_winsor = choices_of(experiment).uses_winsor
    weeks = last_weeks(Past.of(experiment), chosen, uses_winsor=uses_winsor)
    crowd = crowd_of(experiment, weeks.past, weeks.seen)
    traffic = crowd.traffic(asked.share)
    plans = tuple(
        plan_metric(each, traffic, asked, design, is_fall=_is_fall(experiment, each))
        for each in weeks.known
    )
    return ExperimentPlan(asked, crowd, plans, weeks.past.until_us)


def plan_primary(experiment: Experiment, asked: Asked | None = None) -> MetricPlan:
    """Return the plan of the metric that decides; raises CannotPlan with what is missing."""
    chosen = [each for each in metrics_of(experiment) if each.role == Metric.Role.PRIMARY]
    if len(chosen) != 1:
        raise CannotPlan("there is no single primary metric to plan for")
    (plan,) = plan_experiment(experiment, asked, chosen).metrics
    if plan.known.missing:
        raise CannotPlan(f"{plan.known.name} {plan.known.missing}")
    return plan


def plan_of(experiment: Experiment) -> Plan:
    """Return what the experiment can show by weeks of running, or why that cannot be said."""
    try:
        plan = plan_primary(experiment)
    except CannotPlan as why:
        return Plan(missing=str(why))
    return Plan(
        metric=plan.known.name,
        weeks=tuple(PlanWeek(each.week, each.n_units, each.lift) for each in plan.weeks),
        per_day=plan.traffic.new_per_day,
        days=plan.needed.days if plan.needed else None,
    )


def _is_fall(experiment: Experiment, known: Known) -> bool:
    """Tell whether the change that is looked for is one to less."""
    if known.chosen.role == Metric.Role.PRIMARY:
        return bool(experiment.expected_direction == Experiment.Direction.DECREASE)
    return bool(known.chosen.metric.direction == Metric.Direction.DOWN)
