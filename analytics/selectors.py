"""Reading this room's tables."""

from dataclasses import dataclass

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT

from analytics.models import Analysis, ExperimentMetric, Metric
from analytics.queries import MetricQuery
from analytics.stats.results import Kind
from experiments.models import Experiment


@dataclass(frozen=True, slots=True)
class ChosenMetric:
    """A metric in its role in one experiment; `is_default`: the site's own, chosen by nobody."""

    metric: Metric
    role: str
    margin: float | None = None
    is_default: bool = False

    @property
    def query(self) -> MetricQuery:
        """Return what the compiler needs."""
        return query_of(self.metric)

    @property
    def kind(self) -> Kind:
        """Return how it is compared: one that came back on a day is a share of units."""
        return COMPARED[Metric.Kind(self.metric.kind)]


COMPARED = {
    Metric.Kind.BINARY: Kind.BINARY,
    Metric.Kind.MEAN: Kind.MEAN,
    Metric.Kind.RATIO: Kind.RATIO,
    Metric.Kind.RETENTION: Kind.BINARY,
    Metric.Kind.QUANTILE: Kind.QUANTILE,
}
ROLE_ORDER = {Metric.Role.PRIMARY: 0, Metric.Role.SECONDARY: 1, Metric.Role.GUARDRAIL: 2}


def query_of(metric: Metric) -> MetricQuery:
    """Return what the compiler needs of a metric."""
    return MetricQuery(
        metric.key,
        metric.kind,
        metric.numerator,
        metric.denominator,
        window_days=metric.window_days,
        delay_days=metric.delay_days,
    )


def newest_metrics(site_id: int) -> list[Metric]:
    """Return a site's metrics in their newest versions, in the order in which they were made."""
    newest: dict[str, Metric] = {}
    for metric in Metric.objects.filter(site_id=site_id).order_by("version", "pk"):
        newest[metric.key] = metric
    return list(newest.values())


def metrics_of(experiment: Experiment) -> list[ChosenMetric]:
    """Return an experiment's metrics, primary first; the site's defaults when it names none."""
    rows = ExperimentMetric.objects.filter(experiment=experiment).select_related("metric")
    chosen = [ChosenMetric(row.metric, row.role, row.margin) for row in rows]
    if not chosen:
        chosen = [
            ChosenMetric(metric, metric.default_role, metric.default_margin, is_default=True)
            for metric in newest_metrics(experiment.site_id)
            if metric.default_role and not metric.is_archived
        ]
    return sorted(chosen, key=lambda each: (ROLE_ORDER[Metric.Role(each.role)], each.metric.pk))


def analyses_of(experiment: Experiment) -> QuerySet[Analysis]:
    """Return an experiment's analyses, newest first."""
    return Analysis.objects.filter(experiment=experiment).select_related("experiment__site")


def latest_ready(experiment: Experiment) -> Analysis | None:
    """Return the newest analysis of the current phase that holds results."""
    return (
        analyses_of(experiment).filter(status=Analysis.Status.READY, phase=experiment.phase).first()
    )


def has_unfinished(experiment: Experiment) -> bool:
    """Return whether an analysis of the current phase is on its way."""
    waiting = (Analysis.Status.QUEUED, Analysis.Status.COMPUTING)
    return analyses_of(experiment).filter(status__in=waiting, phase=experiment.phase).exists()


def experiments_to_refresh() -> list[Experiment]:
    """Return the running experiments, and those that ended after their last analysis."""
    newest = Analysis.objects.filter(experiment=OuterRef("pk")).order_by("-id")
    rows = Experiment.objects.select_related("site").annotate(
        analysed_at=Subquery(newest.values("created_at")[:1])
    )
    running = rows.filter(status="running")
    is_late = Q(analysed_at__isnull=True) | Q(ended_at__gt=F("analysed_at"))
    just_ended = rows.filter(is_late, status="ended")
    return [*running, *just_ended]


def experiments_with_verdicts() -> QuerySet[Experiment]:
    """Return all experiments, newest first, with what their newest analyses say.

    `newest_status`: of the newest analysis. `verdict_state`, `verdict_headline`, `ready_cut_us`:
    of the newest with results. None where there is none.
    """
    newest = Analysis.objects.filter(experiment=OuterRef("pk"), phase=OuterRef("phase"))
    ready = newest.filter(status=Analysis.Status.READY).order_by("-id")
    return (
        Experiment.objects.select_related("site")
        .annotate(
            newest_status=Subquery(newest.order_by("-id").values("status")[:1]),
            ready_cut_us=Subquery(ready.values("data_cut_us")[:1]),
            verdict_state=Subquery(
                ready.annotate(text=KT("results__verdict__state")).values("text")[:1]
            ),
            verdict_headline=Subquery(
                ready.annotate(text=KT("results__verdict__headline")).values("text")[:1]
            ),
        )
        .order_by("-id")
    )
