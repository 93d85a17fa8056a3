"""The worker's entries: safe to run twice, and what was lost is found again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from analytics import tasks
from analytics.models import Analysis
from analytics.services import request_analysis
from experiments.models import Experiment
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    """Let the worker be this process."""
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


def running(key: str = "home-test", *later: str) -> Experiment:
    """Return an experiment that runs, or has gone on to these statuses."""
    site = a_site(key)
    experiment = draft_experiment(site, key)
    for status in ("running", *later):
        Experiment.objects.filter(pk=experiment.pk).update(status=status, ended_at=timezone.now())
    return experiment


def statuses() -> list[str]:
    return list(Analysis.objects.order_by("id").values_list("status", flat=True))


def test_compute_analysis__run_twice__changes_nothing() -> None:
    waiting = request_analysis(experiment=running())

    tasks.compute_analysis(waiting.pk)
    first = Analysis.objects.values().get()
    tasks.compute_analysis(waiting.pk)

    assert first["status"] == "ready"
    assert Analysis.objects.values().get() == first


def test_compute_analysis__of_a_row_that_is_gone__does_nothing() -> None:
    tasks.compute_analysis(12345)

    assert Analysis.objects.count() == 0


def test_sweep__lost_message__is_computed() -> None:
    request_analysis(experiment=running())
    Analysis.objects.update(created_at=timezone.now() - timedelta(minutes=1))

    tasks.sweep_analyses()
    tasks.sweep_analyses()

    assert statuses() == ["ready"]


def test_refresh__running_paused_and_draft__computes_only_the_running_one() -> None:
    experiment = running()
    running("paused", "paused")
    running("archived", "ended", "archived")
    draft_experiment(a_site("draft"), "draft")

    tasks.refresh_running()

    assert Analysis.objects.get().experiment == experiment
    assert statuses() == ["ready"]


def test_refresh__while_one_is_on_its_way__asks_for_no_other() -> None:
    request_analysis(experiment=running())

    tasks.refresh_running()

    assert statuses() == ["queued"]


def test_refresh__experiment_that_ended_since__is_computed_once_more() -> None:
    experiment = running()
    tasks.refresh_running()
    Experiment.objects.filter(pk=experiment.pk).update(status="ended", ended_at=timezone.now())

    tasks.refresh_running()
    tasks.refresh_running()

    assert statuses() == ["ready", "ready"]


def test_refresh__one_that_cannot_be_analysed__does_not_stop_the_others() -> None:
    running("broken").variants.all().delete()
    running("whole")

    tasks.refresh_running()

    assert [row.experiment.key for row in Analysis.objects.all()] == ["whole"]
