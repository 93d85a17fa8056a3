"""Checks and review: what is waived and why, and who may do what from there."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from experiments.models import Experiment, Site, Waiver
from tests.experiments.admin.forms import change_url, signed_in, superuser
from tests.experiments.web.posting import errors_of, post_step, question, step_url
from tests.factories import a_site, draft_experiment, member, stocked, trained

pytestmark = pytest.mark.django_db


def ready(**site_fields: Any) -> Experiment:
    """Return a draft that every hard check lets start."""
    site = a_site()
    Site.objects.update(**site_fields)
    stocked(site)
    trained(site, "popularity", "random")
    return draft_experiment(site, allocation=2_500)


def status(experiment: Experiment) -> str:
    """Return the status as stored."""
    return Experiment.objects.get(pk=experiment.pk).status


def test_checks__of_an_untrained_site__block_and_link_to_the_step_that_mends() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    page = client.get(step_url(experiment, "checks")).content.decode()

    assert "The launch is blocked by" in page
    assert "has not been trained" in page
    assert f'href="{step_url(experiment, "variants")}"' in page


def test_warning__waived_with_a_reason__is_kept_with_the_name() -> None:
    experiment = ready()
    client = signed_in(member(experiment.site, "editor", "ines"))

    post_step(client, experiment, "checks", {"code": "owner", "reason": "a trial"}, go="stay")

    waiver = Waiver.objects.get()
    assert (waiver.code, waiver.reason, waiver.actor) == ("owner", "a trial", "ines")
    page = client.get(step_url(experiment, "checks")).content.decode()
    assert "Waived: a trial (ines)" in page


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"code": "owner", "reason": ""}, "required"),
        ({"code": "owner", "reason": "   "}, "required"),
        ({"code": "owner", "reason": "x" * 1_001}, "at most 1000 characters"),
        ({"code": "variants", "reason": "please"}, "has passed"),
        ({"code": "magic", "reason": "please"}, "unknown check"),
        ({"code": "x" * 61, "reason": "please"}, "at most 60 characters"),
    ],
)
def test_waiver__that_cannot_be__says_why(data: dict[str, str], expected: str) -> None:
    experiment = ready()
    client = signed_in(superuser())

    answer = post_step(client, experiment, "checks", data, go="stay")

    assert answer.status_code == 200
    assert expected in errors_of(answer)
    assert not Waiver.objects.exists()


def test_review__shows_the_whole_set_up_and_the_sentence() -> None:
    experiment = ready()
    client = signed_in(superuser())
    post_step(client, experiment, "question", question(experiment.site))

    page = client.get(step_url(experiment, "review")).content.decode()

    assert "If the list fits the shopper, then Conversion rises, because it is personal." in page
    for text in ("Control (control): popularity", "25 % of layer", "Weights 1 : 1", "Everybody"):
        assert text in page


def test_start__pressed_with_a_reason__runs_with_the_warnings_waived() -> None:
    experiment = ready()
    client = signed_in(member(experiment.site, "editor"))

    answer = post_step(client, experiment, "review", {"way": "start", "reason": "a trial"})

    assert answer.headers["Location"] == change_url(experiment)
    assert status(experiment) == "running"
    assert Waiver.objects.filter(reason="a trial").exists()


def test_start__with_open_warnings_and_no_reason__is_refused_with_the_reasons() -> None:
    experiment = ready()
    client = signed_in(superuser())

    answer = post_step(client, experiment, "review", {"way": "start", "reason": ""})

    assert answer.status_code == 200
    assert "Somebody owns it" in errors_of(answer)
    assert status(experiment) == "draft"


def test_schedule__pressed__starts_at_the_moment_in_the_sites_zone() -> None:
    experiment = ready(timezone="Europe/Berlin")
    client = signed_in(superuser())
    moment = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT09:00")

    post_step(
        client, experiment, "review", {"way": "schedule", "reason": "a trial", "starts_at": moment}
    )
    page = client.get(step_url(experiment, "review")).content.decode()

    assert status(experiment) == "scheduled"
    assert "at 09:00 (Europe/Berlin)" in page
    post_step(client, experiment, "review", {"way": "unschedule", "reason": ""})
    assert status(experiment) == "draft"


@pytest.mark.parametrize(
    ("starts_at", "expected"),
    [
        ("", "no start was given"),
        ("soon", "Write a day and a time"),
        ("2001-01-01T09:00", "is not ahead"),
        ("0001-01-01T00:00", "is not ahead"),
        ("9999-12-31T23:59", ""),
    ],
)
def test_schedule__with_a_bad_moment__is_refused(starts_at: str, expected: str) -> None:
    experiment = ready()
    client = signed_in(superuser())

    answer = post_step(
        client, experiment, "review", {"way": "schedule", "reason": "a", "starts_at": starts_at}
    )

    assert answer.status_code in (200, 302)
    if expected:
        assert expected in errors_of(answer)
        assert status(experiment) == "draft"


def test_approval__by_a_second_person__lets_it_start() -> None:
    experiment = ready(requires_approval=True)
    editor = signed_in(member(experiment.site, "editor", "ines"))
    approver = signed_in(member(experiment.site, "approver", "tomasz"))

    refused = post_step(editor, experiment, "review", {"way": "start", "reason": "a trial"})
    post_step(editor, experiment, "review", {"way": "submit", "reason": ""})
    assert status(experiment) == "review"
    post_step(approver, experiment, "review", {"way": "approve", "reason": "looked at it"})
    page = editor.get(step_url(experiment, "review")).content.decode()
    post_step(editor, experiment, "review", {"way": "start", "reason": "a trial"})

    assert "nobody has approved" in errors_of(refused)
    assert "Approved by tomasz" in page
    assert status(experiment) == "running"


def test_rejection__with_a_reason__is_shown_to_who_opens_it_next() -> None:
    experiment = ready()
    editor = signed_in(member(experiment.site, "editor", "ines"))
    approver = signed_in(member(experiment.site, "approver", "tomasz"))
    post_step(editor, experiment, "review", {"way": "submit", "reason": ""})

    empty = post_step(approver, experiment, "review", {"way": "reject", "reason": ""})
    post_step(approver, experiment, "review", {"way": "reject", "reason": "two weeks are few"})

    assert empty.status_code == 200
    assert status(experiment) == "draft"
    page = editor.get(step_url(experiment, "review")).content.decode()
    assert "Sent back by tomasz" in page
    assert "two weeks are few" in page


@pytest.mark.parametrize("way", ["start", "submit", "schedule"])
def test_way__taken_on_a_version_that_is_no_more__does_nothing_and_says_so(way: str) -> None:
    experiment = ready()
    client = signed_in(superuser())
    post_step(client, experiment, "question", question(experiment.site))

    answer = post_step(client, experiment, "review", {"way": way, "reason": "a trial"}, version=1)

    assert "It was changed since you looked at it" in errors_of(answer)
    assert status(experiment) == "draft"


@pytest.mark.parametrize(
    ("role", "way"),
    [
        ("viewer", "start"),
        ("viewer", "submit"),
        ("analyst", "start"),
        ("approver", "start"),
        ("approver", "submit"),
        ("editor", "approve"),
        ("editor", "magic"),
    ],
)
def test_way__that_a_role_does_not_allow__is_forbidden(role: str, way: str) -> None:
    experiment = ready()
    client = signed_in(member(experiment.site, role))

    answer = post_step(client, experiment, "review", {"way": way, "reason": "please"})

    assert answer.status_code == 403
    assert status(experiment) == "draft"
