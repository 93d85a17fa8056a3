"""What the set-up of an experiment asks of this room: which metrics there are, and their roles."""

from collections.abc import Sequence

from analytics.models import ExperimentMetric, Metric
from analytics.selectors import metrics_of, newest_metrics
from experiments.desks import MetricDesk, MetricOption, MetricUse
from experiments.errors import InvalidInput
from experiments.models import Experiment, Site


def options(site: Site) -> list[MetricOption]:
    """Return the site's metrics in their newest versions, by name, without archived ones."""
    return sorted((_option(row) for row in _newest(site).values()), key=lambda each: each.name)


def _newest(site: Site) -> dict[str, Metric]:
    return {row.key: row for row in newest_metrics(site.pk) if not row.is_archived}


def _option(metric: Metric) -> MetricOption:
    better = Metric.Direction(metric.direction).label
    return MetricOption(
        key=metric.key,
        name=metric.name,
        meaning=f"{Metric.Kind(metric.kind).label}, {better}",
        rises_for_good=metric.direction == Metric.Direction.UP,
        default_role=metric.default_role,
    )


def chosen(experiment: Experiment) -> list[MetricUse]:
    """Return the experiment's metrics, primary first; the site's defaults when it names none."""
    return [MetricUse(each.metric.key, each.role, each.margin) for each in metrics_of(experiment)]


def choose(experiment: Experiment, uses: Sequence[MetricUse]) -> None:
    """Replace the experiment's metrics; one that it had already keeps its version.

    Raises InvalidInput on a metric the site lacks, a role that is none, and two primary ones.
    """
    rows = [_row(experiment, use) for use in uses]
    if sum(row.role == Metric.Role.PRIMARY for row in rows) > 1:
        raise InvalidInput(
            "more than one primary metric",
            field="metrics",
            hint="Name one: it decides. The others explain, as secondary metrics.",
        )
    ExperimentMetric.objects.filter(experiment=experiment).delete()
    ExperimentMetric.objects.bulk_create(rows)


def _row(experiment: Experiment, use: MetricUse) -> ExperimentMetric:
    if use.role not in Metric.Role.values:
        raise InvalidInput(f"{use.role!r} is no role of a metric", field="metrics")
    had = ExperimentMetric.objects.filter(experiment=experiment, metric__key=use.key).first()
    metric = had.metric if had else _newest(experiment.site).get(use.key)
    if metric is None:
        raise InvalidInput(f"{experiment.site} has no metric {use.key!r}", field="metrics")
    return ExperimentMetric(experiment=experiment, metric=metric, role=use.role, margin=use.margin)


DESK = MetricDesk(options=options, chosen=chosen, choose=choose)
