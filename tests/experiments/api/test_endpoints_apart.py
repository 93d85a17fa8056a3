"""Every management endpoint, with another site's key: what is not this site's does not exist."""

from typing import Any

import pytest

from experiments import services
from experiments.models import Change, DecisionRecord, Experiment, Notice, Site, Webhook
from tests.callers import Caller, caller_for, refusal
from tests.factories import a_site, draft_experiment, member, running_experiment

pytestmark = pytest.mark.django_db
NEW = {"key": "mine-now", "name": "Mine"}
OF_THE_EXPERIMENT: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "", {}),
    ("PATCH", "", {"version": 1, "name": "Mine"}),
    ("GET", "/history", {}),
    ("GET", "/checks", {}),
    ("POST", "/waive", {"code": "owner", "reason": "mine"}),
    ("POST", "/clone", NEW),
    ("POST", "/links", {"variant": "control"}),
    ("POST", "/decide", {"outcome": "other", "reason": "mine"}),
    ("POST", "/submit", {}),
    ("POST", "/schedule", {"starts_at": "2100-01-01T00:00:00Z", "waiver": "mine"}),
    ("POST", "/unschedule", {}),
    ("POST", "/start", {"waiver": "mine"}),
    ("POST", "/pause", {}),
    ("POST", "/kill", {"reason": "mine"}),
    ("POST", "/end", {}),
    ("POST", "/archive", {}),
    ("POST", "/close-enrolment", {}),
    ("POST", "/phase", {"reason": "mine", "weights": {"treatment": 3}}),
    ("POST", "/ramp", {"reason": "mine", "percent": 5}),
]


@pytest.fixture
def theirs() -> Site:
    return a_site("theirs")


@pytest.fixture
def caller(theirs: Site) -> Caller:
    return caller_for(a_site("mine"))


@pytest.mark.parametrize(("method", "path", "body"), OF_THE_EXPERIMENT)
def test_experiment_of_another_site__is_unknown_and_stays_as_it_is(
    theirs: Site, caller: Caller, method: str, path: str, body: dict[str, Any]
) -> None:
    experiment = running_experiment(theirs)
    before = Change.objects.count()

    answer = caller.send(method, f"experiments/home-test{path}", body)

    assert refusal(answer)[:2] == (404, "not_found")
    experiment.refresh_from_db()
    assert (experiment.status, experiment.version, experiment.phase) == ("running", 1, 1)
    assert (Experiment.objects.count(), Change.objects.count()) == (1, before)
    assert not DecisionRecord.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_webhook_of_another_site__is_unknown_by_its_number(
    theirs: Site, caller: Caller, method: str
) -> None:
    hook, _secret = services.create_webhook(site=theirs, name="h", url="https://93.184.216.34/")

    answer = caller.send(method, f"webhooks/{hook.pk}", {"is_active": False})

    assert refusal(answer)[:2] == (404, "not_found")
    assert Webhook.objects.get().is_active


def test_notice_of_another_site__is_unknown_by_its_number(theirs: Site, caller: Caller) -> None:
    notice = services.raise_notice(site=theirs, kind="test", title="Theirs", onset_key="a")

    answer = caller.post(f"notices/{notice.pk}/seen", {})

    assert refusal(answer)[:2] == (404, "not_found")
    assert Notice.objects.get().seen_at is None


def test_lists__hold_nothing_of_another_site(theirs: Site, caller: Caller) -> None:
    ended = running_experiment(theirs)
    services.end_experiment(experiment_id=ended.pk)
    services.record_decision(
        experiment_id=ended.pk, outcome="inconclusive", reason="a test", user=None
    )
    services.create_webhook(site=theirs, name="h", url="https://93.184.216.34/")
    services.raise_notice(site=theirs, kind="test", title="Theirs", onset_key="a")

    for path in ("experiments", "library", "notices", "webhooks"):
        assert caller.get(path).json()["results"] == [], path


def test_template__at_a_placement_of_another_site__is_refused(theirs: Site, caller: Caller) -> None:
    theirs.placements.filter(key="home").update(key="only-theirs")
    key = next(iter(services.TEMPLATES))

    answer = caller.post(f"templates/{key}", NEW | {"placement": "only-theirs"})

    assert refusal(answer) == (400, "invalid", "placement")
    assert not Experiment.objects.exists()


def test_owner_from_another_site__is_refused(theirs: Site, caller: Caller) -> None:
    member(theirs, "editor", "sam")
    draft_experiment(Site.objects.get(slug="mine"))

    answer = caller.send("PATCH", "experiments/home-test", {"version": 1, "owner": "sam"})

    assert refusal(answer) == (400, "invalid", "owner")
