"""Experiments whose rollups are kept, and what a report reads from them and from the rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics.models import Metric, Rollup, RollupState
from analytics.queries.few import EVER_US
from analytics.reporting.measuring import Measured, measure
from analytics.reporting.scope import Scope
from analytics.rollups.building import build_phase
from analytics.rollups.checking import Difference, differences, readable_plans
from analytics.rollups.states import ask_for_rollups
from analytics.stats.moments import Moments
from experiments.models import Experiment, Site
from tests.analytics.metrics import PIECES, VIEWS
from tests.factories import NOW, a_site, draft_experiment

MetricMoments = Mapping[str, Mapping[int, Moments]]


def a_kept_experiment(site: Site | None = None, **fields: Any) -> Experiment:
    """Return a running experiment with rollups of the built-in metrics and two more."""
    experiment = a_running_one(site, **fields)
    for query in (PIECES, VIEWS):
        a_metric(experiment.site, query.key, numerator=dict(query.numerator))
    keep(experiment)
    return experiment


def a_running_one(site: Site | None = None, **fields: Any) -> Experiment:
    """Return an experiment that counts as running, without rollups."""
    experiment = draft_experiment(site or a_site(), **{"window_days": 7} | fields)
    Experiment.objects.filter(pk=experiment.pk).update(status="running", started_at=NOW)
    experiment.refresh_from_db()
    return experiment


def a_metric(site: Site, key: str, kind: str = "mean", **fields: Any) -> Metric:
    """Return a metric of the site."""
    return Metric.objects.create(site=site, key=key, name=key.title(), kind=kind, **fields)


def keep(experiment: Experiment, now: datetime = NOW) -> None:
    """Ask for the experiment's rollups and build them."""
    ask_for_rollups(experiment, now)
    assert build_phase(experiment.pk, experiment.phase)


def measured(experiment: Experiment, *, is_present: bool = True) -> Measured:
    """Return what a report of everything reads, from rollups where it may."""
    experiment = Experiment.objects.select_related("site").get(pk=experiment.pk)
    return measure(
        Scope.of(experiment, phase=experiment.phase, until_us=EVER_US, is_present=is_present)
    )


def from_rollups(experiment: Experiment) -> MetricMoments:
    """Return all moments as rollups give them; fails where any came from elsewhere."""
    found = measured(experiment)
    assert set(found.sources.values()) == {"rollup"}, found
    return found.moments


def from_rows(experiment: Experiment) -> MetricMoments:
    """Return all moments as the statement over the rows gives them."""
    found = measured(experiment, is_present=False)
    assert set(found.sources.values()) == {"rows"}, found
    return found.moments


def recounted(experiment: Experiment) -> list[Difference]:
    """Return where the kept sums, those before exposure too, are not what the rows give."""
    plans = readable_plans(experiment=experiment)
    assert plans, statuses(experiment)
    return [difference for plan in plans for difference in differences(plan)]


def statuses(experiment: Experiment) -> set[str]:
    """Return the statuses that the experiment's rollups have."""
    return set(RollupState.objects.filter(experiment=experiment).values_list("status", flat=True))


def kept_rows(experiment: Experiment) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """Return the stored sums by metric key and unit."""
    return {
        (row.metric.key, row.unit_id): (row.y, row.x, row.pre_y, row.pre_x)
        for row in Rollup.objects.filter(experiment=experiment).select_related("metric")
    }
