"""Start, pause and end: asked before, posted, allowed, recorded; refused with what to do."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from experiments import services
from experiments.models import Experiment, Prerequisite, StatusChange
from tests.experiments.admin.forms import signed_in, superuser
from tests.factories import (
    a_site,
    draft_experiment,
    member,
    running_experiment,
    stocked,
    trained,
)

pytestmark = pytest.mark.django_db


def url(experiment: Experiment, step: str) -> str:
    """Return the address of a step."""
    return f"/admin/experiments/experiment/{experiment.pk}/step/{step}/"


def ready() -> Experiment:
    """Return a draft that every check lets start."""
    site = a_site()
    stocked(site)
    trained(site, "popularity", "random")
    return draft_experiment(site, allocation=2_500)


def status(experiment: Experiment) -> str:
    """Return the status as stored."""
    return Experiment.objects.get(pk=experiment.pk).status


def test_start__asked__says_what_happens_and_changes_nothing() -> None:
    experiment = ready()
    client = signed_in(superuser())

    page = client.get(url(experiment, "start")).content.decode()

    assert "Start “Home Test”?" in page
    assert "25 % of the units at Home page in Shop enter, within five seconds." in page
    assert status(experiment) == "draft"


def test_start__posted__runs_and_records_who() -> None:
    experiment = ready()
    client = signed_in(superuser("ines"))

    answer = client.post(url(experiment, "start"), {"reason": "a trial"}, follow=True)

    assert status(experiment) == "running"
    assert "Home Test is running." in answer.content.decode()
    change = StatusChange.objects.get()
    assert (change.from_status, change.to_status, change.actor) == ("draft", "running", "ines")


def test_start__untrained__is_refused_with_every_reason_and_the_mend() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    asked = client.get(url(experiment, "start")).content.decode()
    answer = client.post(url(experiment, "start"))

    assert status(experiment) == "draft"
    assert "popularity has not been trained" in asked
    (message,) = [str(each) for each in get_messages(answer.wsgi_request)]
    assert "Control can be served: popularity has not been trained" in message
    assert "Train the recommender, or choose another." in message


def test_pause_and_resume__posted__keep_reason_and_first_start() -> None:
    experiment = running_experiment(a_site())
    began = experiment.started_at
    client = signed_in(superuser())

    client.post(url(experiment, "pause"), {"reason": "stock is wrong"})
    paused = status(experiment)
    client.post(url(experiment, "start"))

    assert paused == "paused"
    resumed = Experiment.objects.get(pk=experiment.pk)
    assert (resumed.status, resumed.started_at) == ("running", began)
    assert "stock is wrong" in [change.reason for change in StatusChange.objects.all()]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1_001])
def test_end__without_a_usable_reason__asks_again(reason: str) -> None:
    experiment = running_experiment(a_site())
    client = signed_in(superuser())

    answer = client.post(url(experiment, "end"), {"reason": reason})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert status(experiment) == "running"


def test_end__with_a_reason__ends_frees_the_buckets_and_shows_the_reason() -> None:
    experiment = running_experiment(a_site())
    client = signed_in(superuser())

    answer = client.post(url(experiment, "end"), {"reason": "won, ships on Monday"}, follow=True)

    assert status(experiment) == "ended"
    page = answer.content.decode()
    assert "won, ships on Monday" in page
    assert url(experiment, "end") not in page


@pytest.mark.parametrize("step", ["start", "pause", "end"])
def test_step__opened__changes_nothing(step: str) -> None:
    draft = ready()
    running = draft_experiment(draft.site, "running", allocation=2_500)
    services.start_experiment(experiment_id=running.pk, waiver="a trial")
    client = signed_in(superuser())

    for experiment in (draft, running):
        assert client.get(url(experiment, step)).status_code == 200
        assert client.head(url(experiment, step)).status_code == 200

    assert (status(draft), status(running)) == ("draft", "running")


@pytest.mark.parametrize("step", ["pause", "end", "kill"])
def test_stop__of_what_another_one_builds_on__says_so_first(step: str) -> None:
    site = a_site()
    first = running_experiment(site, "first", allocation=5_000)
    second = running_experiment(site, "second", allocation=5_000)
    Prerequisite.objects.create(experiment=second, required=first)

    page = signed_in(superuser()).get(url(first, step)).content.decode()

    assert "“Second” builds on it: from then on no unit is in it either." in page


def test_step__the_status_does_not_allow__is_refused_with_what_is_possible() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = client.post(url(experiment, "pause"), {"reason": "x"})

    (message,) = [str(each) for each in get_messages(answer.wsgi_request)]
    assert "cannot pause an experiment that is draft" in message
    assert "start" in message


def test_step__without_the_csrf_token__is_refused() -> None:
    experiment = ready()
    client = signed_in(superuser(), enforce_csrf_checks=True)

    answer = client.post(url(experiment, "start"))

    assert answer.status_code == 403
    assert status(experiment) == "draft"


@pytest.mark.parametrize("step", ["start", "pause", "end"])
def test_step__of_a_viewer__has_no_button_and_is_refused(step: str) -> None:
    experiment = ready()
    client = signed_in(member(experiment.site, "viewer"))

    page = client.get(f"/admin/experiments/experiment/{experiment.pk}/change/").content.decode()
    asked = client.get(url(experiment, step))
    answer = client.post(url(experiment, step), {"reason": "x"})

    assert "/step/" not in page
    assert 'name="_save"' not in page
    assert (asked.status_code, answer.status_code) == (403, 403)
    assert status(experiment) == "draft"


def test_step__of_an_editor__is_taken() -> None:
    experiment = ready()
    client = signed_in(member(experiment.site, "editor"))

    client.post(url(experiment, "start"), {"reason": "a trial"})

    assert status(experiment) == "running"


@pytest.mark.parametrize("object_id", ["999999", "abc", "1%00", "9" * 40])
def test_step__of_no_experiment__is_not_found(object_id: str) -> None:
    client = signed_in(superuser())

    answer = client.get(f"/admin/experiments/experiment/{object_id}/step/start/")

    assert answer.status_code == 404


def test_step__unknown__is_not_found() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    assert client.post(url(experiment, "delete-all")).status_code == 404


def test_step__signed_out__asks_to_sign_in() -> None:
    experiment = ready()

    answer = Client().post(url(experiment, "start"))

    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]
    assert status(experiment) == "draft"


@pytest.mark.parametrize("state", ["running", "paused", "ended"])
def test_deletion__of_what_ran__is_refused(state: str) -> None:
    experiment = running_experiment(a_site())
    Experiment.objects.filter(pk=experiment.pk).update(status=state)
    client = signed_in(superuser())

    one = client.post(f"/admin/experiments/experiment/{experiment.pk}/delete/", {"post": "yes"})
    many = {"action": "delete_selected", "_selected_action": experiment.pk, "post": "yes"}
    client.post("/admin/experiments/experiment/", many)
    client.post(f"/admin/experiments/site/{experiment.site_id}/delete/", {"post": "yes"})

    assert one.status_code == 403
    assert status(experiment) == state


def test_deletion__of_a_draft__is_possible() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    client.post(f"/admin/experiments/experiment/{experiment.pk}/delete/", {"post": "yes"})

    assert not Experiment.objects.exists()
