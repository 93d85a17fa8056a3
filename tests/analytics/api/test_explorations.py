"""Explorations and settings over the API."""

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from analytics import tasks
from analytics.models import Analysis, Exploration
from analytics.services import request_analysis
from experiments.models import Site
from tests.callers import Caller, caller_for, refusal
from tests.factories import a_site, running_experiment

pytestmark = pytest.mark.django_db

ASKED = {"experiment": "home-test", "name": "Phones", "segment": {"device": "mobile"}}


@pytest.fixture
def site() -> Site:
    site = a_site()
    running_experiment(site)
    return site


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site, "analyses")


def test_exploration__asked__is_queued_computed_and_read(
    caller: Caller, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        asked = caller.post("explorations", ASKED)
    tasks.compute_exploration(asked.json()["id"])
    after = caller.get(f"explorations/{asked.json()['id']}").json()

    assert (asked.status_code, len(callbacks)) == (202, 1)
    assert asked.json()["status"] == "queued"
    assert (after["status"], after["share"], after["name"]) == ("ready", 1.0, "Phones")
    assert after["question"]["segment"] == {"device": "mobile"}
    assert after["results"]["verdict"] is None


def test_explorations__of_a_site__are_listed_without_their_numbers(caller: Caller) -> None:
    caller.post("explorations", ASKED)

    (row,) = caller.get("explorations?experiment=home-test").json()["results"]

    assert row["experiment"] == "home-test"
    assert "results" not in row


def test_exploration__of_another_site__does_not_exist(caller: Caller) -> None:
    number = caller.post("explorations", ASKED).json()["id"]
    other = a_site("other")

    assert caller_for(other, "analyses").get(f"explorations/{number}").status_code == 404
    assert refusal(caller_for(other, "analyses").post("explorations", ASKED))[0] == 404


def test_exploration__misspelt__is_refused_with_what_was_meant(caller: Caller) -> None:
    refused = caller.post("explorations", ASKED | {"segments": {}})

    assert refused.status_code == 400
    assert refused.json()["field"] == "segments"


def test_exploration__beyond_the_cap__is_too_many(caller: Caller) -> None:
    statuses = [caller.post("explorations", ASKED).status_code for _ in range(4)]

    assert statuses == [202, 202, 202, 429]
    assert Exploration.objects.count() == 3


def test_settings__read_and_changed__are_those_of_the_next_analysis(caller: Caller) -> None:
    path = "experiments/home-test/analysis-settings"
    before = caller.get(path).json()

    after = caller.send("PATCH", path, {"alpha": 0.01, "reason": "stricter"}).json()

    assert (before["alpha"], before["uses_cuped"], before["caps"]) == (0.05, True, {})
    assert after == before | {"alpha": 0.01}
    number = caller.post("experiments/home-test/analyses").json()["id"]
    assert caller.get(f"analyses/{number}").json()["settings"]["alpha"] == 0.01


@pytest.mark.parametrize("body", [{"alpha": 3}, {"alhpa": 0.1}, {"basis": "guessed"}, []])
def test_settings__that_cannot_be__are_refused(caller: Caller, body: object) -> None:
    answer = caller.send("PATCH", "experiments/home-test/analysis-settings", body)

    assert answer.status_code == 400


def test_analyses__of_a_site__are_asked_for_listed_and_narrowed(caller: Caller) -> None:
    number = caller.post("analyses", {"experiment": "home-test"}).json()["id"]

    listed = caller.get("analyses?experiment=home-test&status=queued").json()["results"]

    assert [row["id"] for row in listed] == [number]
    assert "moments" not in listed[0]
    assert caller.get("analyses?status=failed").json()["results"] == []


def test_retry__of_a_failed_analysis__is_a_new_one(caller: Caller, site: Site) -> None:
    row = request_analysis(experiment=site.experiments.get())
    Analysis.objects.filter(pk=row.pk).update(status="failed", error="boom")

    again = caller.post(f"analyses/{row.pk}/retry")

    assert (again.status_code, again.json()["attempt"]) == (202, 2)
    assert again.json()["id"] != row.pk
    assert caller.post(f"analyses/{again.json()['id']}/retry").status_code == 400


def test_sums__of_an_analysis__are_exact_with_settings_and_statement(caller: Caller) -> None:
    number = caller.post("experiments/home-test/analyses").json()["id"]
    tasks.compute_analysis(number)

    sums = caller.get(f"analyses/{number}/sums").json()

    stored = Analysis.objects.get(pk=number)
    assert sums["moments"] == stored.moments
    assert sums["sql"] == stored.sql
    assert sums["settings_hash"] == stored.settings_hash
