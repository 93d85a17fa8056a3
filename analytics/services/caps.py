"""Caps of extremes, fixed from the time before an experiment's start."""

import logging

from analytics.choices import choices_of
from analytics.errors import AnalyticsError
from analytics.launch.history import Past, values_of
from analytics.models import FrozenCap, Metric
from analytics.queries import check_metric
from analytics.reporting.caps import whole_cap
from analytics.selectors import ChosenMetric, metrics_of
from analytics.stats.robust.winsorise import pooled_cap
from experiments.clock import microseconds
from experiments.models import Experiment

log = logging.getLogger(__name__)


def freeze_caps(experiment: Experiment) -> None:
    """Fix the caps of an experiment's metrics, each once and for ever, from before its start.

    Only where results may be read at every look: a fixed horizon takes the cap from its own units.
    Nothing is known before the start, and nothing is fixed then.
    """
    is_watched = experiment.monitoring == Experiment.Monitoring.ALWAYS_VALID
    if not (is_watched and experiment.started_at and choices_of(experiment).uses_winsor):
        return
    fixed = set(FrozenCap.objects.filter(experiment=experiment).values_list("metric", "quantile"))
    for chosen in metrics_of(experiment):
        metric = chosen.metric
        if metric.winsor and (metric.pk, metric.winsor) not in fixed and _has_past(chosen):
            _freeze(experiment, metric, metric.winsor)


def _has_past(chosen: ChosenMetric) -> bool:
    """Tell whether the time before says what units had; of one that is broken its row says why."""
    try:
        check_metric(chosen.query)
    except AnalyticsError:
        return False
    return chosen.query.is_summed


def _freeze(experiment: Experiment, metric: Metric, quantile: float) -> None:
    past = _before_start(experiment, metric)
    try:
        values = values_of(past, metric)
    except AnalyticsError as error:  # it is tried again with the next analysis
        log.warning("no cap metric=%d experiment=%d: %s", metric.pk, experiment.pk, error)
        return
    FrozenCap.objects.get_or_create(
        experiment=experiment,
        metric=metric,
        quantile=quantile,
        defaults={
            "cap": whole_cap(pooled_cap([values], q=quantile)),
            "n_units": values.n,
            "from_us": past.from_us,
            "until_us": past.until_us,
        },
    )


def _before_start(experiment: Experiment, metric: Metric) -> Past:
    """Return the four weeks, and one window, before the first unit could be exposed."""
    assert experiment.started_at is not None
    window = metric.delay_days + (metric.window_days or experiment.window_days)
    past = Past.of(experiment)
    return Past(
        site_id=past.site_id,
        placement=past.placement,
        unit_type=past.unit_type,
        window_days=past.window_days,
        until_us=microseconds(experiment.started_at) - 1,
        count_unverified=past.count_unverified,
        days=past.days + window,
        whole_days=window,
    )
