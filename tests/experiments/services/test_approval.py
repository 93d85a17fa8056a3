"""A second person's approval: who may give it, and for how long it holds."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from experiments.errors import ApprovalMissing, ApprovalRefused, InvalidInput, TransitionError
from experiments.models import Change, Experiment, Site
from experiments.services import (
    approve_experiment,
    edit_experiment,
    reject_experiment,
    run_schedule,
    schedule_experiment,
    start_experiment,
    submit_experiment,
)
from tests.experiments.sites import a_ready_site
from tests.factories import draft_experiment

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    site = a_ready_site()
    site.requires_approval = True
    site.save()
    return site


@pytest.fixture
def people() -> dict[str, User]:
    return {name: User.objects.create_user(name) for name in ("ann", "ben", "cem", "dora")}


@pytest.fixture
def submitted(site: Site, people: dict[str, User]) -> Experiment:
    """Return an experiment that ann created, ben edited and cem submitted."""
    experiment = draft_experiment(site, created_by=people["ann"])
    edit_experiment(
        experiment_id=experiment.pk, actor="ben", version=1, changes={"planned_days": 21}
    )
    return submit_experiment(experiment_id=experiment.pk, actor="cem")


def test_approval__by_somebody_else__stays_in_review_and_lets_it_start(
    submitted: Experiment, people: dict[str, User]
) -> None:
    approved = approve_experiment(experiment_id=submitted.pk, user=people["dora"], reason="fine")

    assert (approved.status, approved.approved_by, approved.approved_version) == (
        "review", people["dora"], 2,
    )  # fmt: skip
    assert Change.objects.latest("id").reason == "fine"
    running = start_experiment(experiment_id=submitted.pk, actor="ann", waiver="a test")
    assert running.status == "running"


@pytest.mark.parametrize("name", ["ann", "ben", "cem"])
def test_approval__by_who_worked_on_it__is_refused(
    submitted: Experiment, people: dict[str, User], name: str
) -> None:
    with pytest.raises(ApprovalRefused, match=f"{name} has worked on this experiment"):
        approve_experiment(experiment_id=submitted.pk, user=people[name])

    assert Experiment.objects.get().approved_version is None


def test_approval__by_an_earlier_editor__is_refused_until_somebody_has_looked(
    submitted: Experiment, people: dict[str, User]
) -> None:
    ben, eva = people["ben"], User.objects.create_user("eva")
    edit_experiment(experiment_id=submitted.pk, actor="cem", version=2, changes={"mde": 0.1})

    with pytest.raises(ApprovalRefused, match="ben has worked on this experiment"):
        approve_experiment(experiment_id=submitted.pk, user=ben)

    approve_experiment(experiment_id=submitted.pk, user=people["dora"])
    edit_experiment(experiment_id=submitted.pk, actor="eva", version=3, changes={"mde": 0.2})
    with pytest.raises(ApprovalRefused, match="eva has worked"):
        approve_experiment(experiment_id=submitted.pk, user=eva)
    assert approve_experiment(experiment_id=submitted.pk, user=ben).approved_version == 4


def test_approval__of_a_draft__is_refused(site: Site, people: dict[str, User]) -> None:
    with pytest.raises(TransitionError, match="cannot approve an experiment that is draft"):
        approve_experiment(experiment_id=draft_experiment(site).pk, user=people["dora"])


def test_launch__without_an_approval__is_refused(submitted: Experiment) -> None:
    soon = timezone.now() + timedelta(hours=1)

    with pytest.raises(ApprovalMissing, match="nobody has approved"):
        start_experiment(experiment_id=submitted.pk, waiver="a test")
    with pytest.raises(ApprovalMissing, match="nobody has approved"):
        schedule_experiment(
            experiment_id=submitted.pk, actor="ann", starts_at=soon, waiver="a test"
        )


def test_approval__after_an_edit__is_of_another_version(
    submitted: Experiment, people: dict[str, User]
) -> None:
    approve_experiment(experiment_id=submitted.pk, user=people["dora"])
    edit_experiment(experiment_id=submitted.pk, actor="ann", version=2, changes={"mde": 0.1})

    with pytest.raises(ApprovalMissing, match="approved was version 2, this is 3"):
        start_experiment(experiment_id=submitted.pk, waiver="a test")


def test_rejection__takes_a_reason_and_the_approval_with_it(
    submitted: Experiment, people: dict[str, User]
) -> None:
    approve_experiment(experiment_id=submitted.pk, user=people["dora"])
    with pytest.raises(InvalidInput, match="needs a reason"):
        reject_experiment(experiment_id=submitted.pk, actor="dora", reason=" ")

    rejected = reject_experiment(experiment_id=submitted.pk, actor="dora", reason="too short")

    assert (rejected.status, rejected.approved_by, rejected.approved_version) == (
        "draft", None, None,
    )  # fmt: skip


def test_schedule__edited_after_its_approval__is_not_kept_and_told(
    submitted: Experiment, people: dict[str, User]
) -> None:
    approve_experiment(experiment_id=submitted.pk, user=people["dora"])
    at = timezone.now() + timedelta(hours=1)
    schedule_experiment(experiment_id=submitted.pk, actor="ann", starts_at=at, waiver="a test")
    edit_experiment(experiment_id=submitted.pk, actor="ann", version=2, changes={"mde": 0.1})

    assert run_schedule(now=at) == []

    assert Experiment.objects.get().status == "scheduled"
    notice = submitted.notices.get()
    assert (notice.kind, notice.severity) == ("start_refused", "alarm")
    assert "edited after its approval" in notice.detail


def test_resuming__needs_no_new_approval(submitted: Experiment, people: dict[str, User]) -> None:
    from experiments.services import open_phase, pause_experiment

    approve_experiment(experiment_id=submitted.pk, user=people["dora"])
    start_experiment(experiment_id=submitted.pk, waiver="a test")
    open_phase(
        experiment_id=submitted.pk, actor="ann", reason="carefully", weights={"treatment": 3}
    )
    pause_experiment(experiment_id=submitted.pk, actor="ann")

    assert start_experiment(experiment_id=submitted.pk, actor="ann").status == "running"
