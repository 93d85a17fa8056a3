"""Which phases are rolled up, until when, and which days they still need."""

from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from analytics.models import Analysis, RollupState
from analytics.rollups.states import LATE_DAYS, needed_since, sweep
from analytics.services import compute_analysis, request_analysis
from analytics.tasks import build_rollups, sweep_rollups
from experiments.models import Experiment
from tests.analytics.metrics import DAY, PURCHASE
from tests.analytics.rollups.kept import a_kept_experiment, a_metric, a_running_one, keep, statuses
from tests.analytics.rows import event, exposure
from tests.experiments.drain.waiting import a_purchase, apply_all, put_events
from tests.factories import NOW, a_site, draft_experiment

pytestmark = pytest.mark.django_db


def test_request__of_a_running_experiment__asks_for_its_rollups_and_reads_them_next_time() -> None:
    experiment = a_running_one()
    exposure(experiment, experiment.variants.get(is_control=True), "u", NOW).save()

    first = sources_of(experiment)
    build_rollups(experiment.pk, 1)
    second = sources_of(experiment)

    assert set(first.values()) == {"rows"}
    assert set(second.values()) == {"rollup"}


def sources_of(experiment: Experiment) -> dict[str, str]:
    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert done is not None
    assert done.results is not None
    return {metric["key"]: metric["source"] for metric in done.results["metrics"]}


def test_analysis__from_rollups__has_the_numbers_and_the_cut_of_the_moment_it_is_read() -> None:
    experiment = a_running_one()
    exposure(experiment, experiment.variants.get(is_control=True), "u", NOW).save()
    keep(experiment)
    waiting = request_analysis(experiment=experiment)
    event(experiment.site, "view_item", NOW, visitor_id="u").save()
    put_events(experiment.site, a_purchase(700, unit={"visitor_id": "u"}), now=NOW + DAY)
    apply_all()

    done = compute_analysis(analysis_id=waiting.pk)

    assert done is not None
    assert done.data_cut_us > waiting.data_cut_us
    assert done.moments["revenue_per_unit"]["control"]["sum_y"] == "700"
    assert "analytics_rollup" in done.sql


def test_request__of_a_draft__asks_for_none() -> None:
    request_analysis(experiment=draft_experiment(a_site()))

    assert Analysis.objects.count() == 1
    assert RollupState.objects.count() == 0


def test_sweep__running_experiment_and_a_later_metric__are_built() -> None:
    experiment = a_running_one()
    assert sweep(NOW) == [(experiment.pk, 1)]
    keep(experiment)
    assert sweep(NOW) == []

    a_metric(experiment.site, "late", numerator=PURCHASE)

    assert sweep(NOW) == [(experiment.pk, 1)]
    assert statuses(experiment) == {"current", "building"}


def test_sweep__rules_changed__builds_anew() -> None:
    experiment = a_kept_experiment()
    Experiment.objects.update(window_days=3)

    assert sweep(NOW) == [(experiment.pk, 1)]
    assert statuses(experiment) == {"building"}


def test_sweep__failed_a_while_ago__tries_again() -> None:
    experiment = a_kept_experiment()
    RollupState.objects.update(status="failed", error="DataError: out of range")

    assert sweep(NOW) == [(experiment.pk, 1)]


@pytest.mark.parametrize(("hours", "status"), [(-1, "current"), (1, "closed")])
def test_sweep__phase_that_ended__is_closed_once_no_event_may_come(hours: int, status: str) -> None:
    experiment = a_kept_experiment()
    Experiment.objects.update(status="ended", ended_at=NOW)
    over = NOW + timedelta(days=experiment.window_days + LATE_DAYS, hours=hours)

    sweep(over)

    assert statuses(experiment) == {status}


def test_closed_rollups__stay_as_they_are_and_are_read() -> None:
    experiment = a_kept_experiment()
    exposure(experiment, experiment.variants.get(is_control=True), "u", NOW).save()
    RollupState.objects.update(status="closed")

    put_events(experiment.site, a_purchase(700, unit={"visitor_id": "u"}))
    apply_all()

    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert done is not None
    assert done.moments["revenue_per_unit"]["control"]["sum_y"] == "0"


def test_needed_since__of_an_open_phase__is_four_weeks_before_its_first_exposure() -> None:
    experiment = a_kept_experiment()
    at = NOW - 3 * DAY
    exposure(experiment, experiment.variants.get(is_control=True), "u", at).save()

    assert needed_since(experiment.site_id) == (at - 28 * DAY).date().isoformat()
    assert needed_since(a_site("other").pk) is None


def test_needed_since__once_all_is_closed__is_none() -> None:
    experiment = a_kept_experiment()
    long_ago = timezone.now() - timedelta(days=100)
    Experiment.objects.update(status="ended", ended_at=long_ago)

    sweep(timezone.now())

    assert statuses(experiment) == {"closed"}
    assert needed_since(experiment.site_id) is None


def test_sweep_task__of_a_running_experiment__leaves_its_rollups_current() -> None:
    experiment = a_running_one()
    current_app.conf.task_always_eager = True
    try:
        sweep_rollups()
    finally:
        current_app.conf.task_always_eager = False

    assert statuses(experiment) == {"current"}
