"""The approver sees what changed since the last approval, and approves that and nothing else."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from experiments import services
from experiments.models import Experiment
from tests.experiments.admin.forms import signed_in
from tests.experiments.web.lives import BASE, context_of
from tests.factories import a_site, draft_experiment, member

pytestmark = pytest.mark.django_db


def in_review(approver: str = "") -> tuple[Experiment, User]:
    """Return an experiment in review, approved before where an approver is named, and another."""
    site = a_site()
    experiment = draft_experiment(site, allocation=5_000)
    who: dict[str, Any] = {"experiment_id": experiment.pk, "actor": "ines"}
    services.submit_experiment(**who)
    if approver:
        user = member(site, "approver", approver)
        services.approve_experiment(experiment_id=experiment.pk, user=user)
        edited(experiment, window_days=21)
    return Experiment.objects.get(pk=experiment.pk), member(site, "approver", "tomasz")


def edited(experiment: Experiment, **changes: Any) -> None:
    """Edit the experiment as Ines."""
    version = Experiment.objects.get(pk=experiment.pk).version
    services.edit_experiment(
        experiment_id=experiment.pk, actor="ines", version=version, changes=changes
    )


def review_url(experiment: Experiment) -> str:
    """Return the address of the review."""
    return f"{BASE}/{experiment.pk}/setup/review/"


def test_review__never_approved__says_that_all_is_new() -> None:
    experiment, approver = in_review()

    page = signed_in(approver).get(review_url(experiment)).content.decode()

    assert "Nobody has approved it before" in page


def test_review__edited_since_the_approval__shows_what_was_and_what_is() -> None:
    experiment, approver = in_review(approver="anna")

    answer = signed_in(approver).get(review_url(experiment))

    since = context_of(answer)["since"]
    assert since.who == "anna"
    assert [tuple(vars_of(each)) for each in since.changes] == [("Window days", "14", "21")]
    assert "this is different now" in answer.content.decode()


def vars_of(change: Any) -> tuple[str, str, str]:
    """Return a change's fields."""
    return change.label, change.before, change.now


def test_approval__of_what_was_edited_meanwhile__is_refused() -> None:
    experiment, approver = in_review()
    seen = experiment.version
    edited(experiment, window_days=28)
    client = signed_in(approver)

    answer = client.post(review_url(experiment), {"way": "approve", "version": seen})

    assert answer.status_code == 200
    experiment.refresh_from_db()
    assert experiment.approved_by is None
    client.post(review_url(experiment), {"way": "approve", "version": experiment.version})
    experiment.refresh_from_db()
    assert experiment.approved_by == approver
