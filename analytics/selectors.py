"""Reading this room's tables."""

from dataclasses import dataclass

from django.db.models import QuerySet

from analytics.models import Analysis, ExperimentMetric, Metric
from analytics.queries import MetricQuery
from experiments.models import Experiment


@dataclass(frozen=True, slots=True)
class ChosenMetric:
    """A metric in its role in one experiment."""

    metric: Metric
    role: str
    margin: float | None = None

    @property
    def query(self) -> MetricQuery:
        """Return what the compiler needs."""
        return MetricQuery(
            key=self.metric.key,
            kind=self.metric.kind,
            numerator=self.metric.numerator,
            denominator=self.metric.denominator,
        )


ROLE_ORDER = {Metric.Role.PRIMARY: 0, Metric.Role.SECONDARY: 1, Metric.Role.GUARDRAIL: 2}


def metrics_of(experiment: Experiment) -> list[ChosenMetric]:
    """Return an experiment's metrics, primary first; the site's defaults when it names none."""
    rows = ExperimentMetric.objects.filter(experiment=experiment).select_related("metric")
    chosen = [ChosenMetric(row.metric, row.role, row.margin) for row in rows]
    if not chosen:
        newest: dict[str, Metric] = {}
        for metric in Metric.objects.filter(site_id=experiment.site_id).order_by("version"):
            newest[metric.key] = metric
        chosen = [ChosenMetric(metric, metric.default_role) for metric in newest.values()]
    return sorted(chosen, key=lambda each: (ROLE_ORDER[Metric.Role(each.role)], each.metric.pk))


def analyses_of(experiment: Experiment) -> QuerySet[Analysis]:
    """Return an experiment's analyses, newest first."""
    return Analysis.objects.filter(experiment=experiment).select_related("experiment__site")


def latest_ready(experiment: Experiment) -> Analysis | None:
    """Return the newest analysis of the current phase that holds results."""
    return (
        analyses_of(experiment).filter(status=Analysis.Status.READY, phase=experiment.phase).first()
    )


def running_experiment_ids() -> list[int]:
    """Return the experiments whose reports are kept fresh."""
    return list(Experiment.objects.filter(status="running").values_list("pk", flat=True))
