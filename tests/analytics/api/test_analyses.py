"""Analyses over the API: requested, listed, read when they are done."""

import json
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from analytics import tasks
from analytics.models import Analysis
from experiments.models import Site
from tests.callers import Caller, caller_for, refusal
from tests.factories import a_site, draft_experiment, running_experiment

pytestmark = pytest.mark.django_db

ANALYSES = "experiments/home-test/analyses"


@pytest.fixture
def site() -> Site:
    site = a_site()
    running_experiment(site)
    return site


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site, "analyses")


def test_analysis__requested__is_queued_computed_and_read(caller: Caller) -> None:
    requested = caller.post(ANALYSES)
    number = requested.json()["id"]
    before = caller.get(f"analyses/{number}").json()
    tasks.compute_analysis(number)
    after = caller.get(f"analyses/{number}").json()

    assert requested.status_code == 202
    assert (before["status"], before["results"]) == ("queued", None)
    assert (after["status"], after["error"]) == ("ready", "")
    assert after["results"]["metrics"]
    assert after["settings_hash"] == before["settings_hash"]
    assert after["finished_at"]


def test_analysis__of_nothing_yet__holds_no_nan(caller: Caller) -> None:
    number = caller.post(ANALYSES).json()["id"]
    tasks.compute_analysis(number)

    def refuse(name: str) -> Any:
        raise AssertionError(name)

    json.loads(caller.get(f"analyses/{number}").content, parse_constant=refuse)


def test_analyses__requested_twice__are_two_rows_newest_first(caller: Caller) -> None:
    numbers = [caller.post(ANALYSES).json()["id"] for _ in range(2)]

    listed = caller.get(ANALYSES).json()["results"]

    assert [row["id"] for row in listed] == numbers[::-1]


def test_analysis__requested__queues_its_task_after_the_commit(
    caller: Caller, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        caller.post(ANALYSES)

    assert len(callbacks) == 1


def test_analysis__of_an_experiment_without_treatment__is_refused() -> None:
    site = a_site()
    draft_experiment(site, "empty", variants=[])

    assert refusal(caller_for(site).post("experiments/empty/analyses"))[0] == 400
    assert not Analysis.objects.exists()
