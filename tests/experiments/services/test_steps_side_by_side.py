"""Two people at one experiment at once: one is first, the other learns it, nothing is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from experiments.errors import ApprovalMissing, ArmatureError, EditConflict, InvalidInput
from experiments.models import Change, Experiment, RampStep, Site
from experiments.services import (
    OverrideDraft,
    RampDraft,
    approve_experiment,
    edit_experiment,
    end_experiment,
    kill_experiment,
    open_phase,
    pause_experiment,
    ramp_to,
    record_decision,
    require_unchanged,
    set_overrides,
    set_ramp,
    start_experiment,
    submit_experiment,
)
from tests.experiments.services.test_launching_side_by_side import at_once
from tests.experiments.sites import a_ready_site, started
from tests.factories import draft_experiment

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite has one writer: nothing is side by side"
    ),
]
ROUNDS = 4


@pytest.fixture
def site() -> Site:
    return a_ready_site()


def start(experiment: Experiment) -> Callable[[], Any]:
    return lambda: start_experiment(experiment_id=experiment.pk, actor="ann", waiver="a test")


def edit(experiment: Experiment, **changes: Any) -> Callable[[], Any]:
    return lambda: edit_experiment(
        experiment_id=experiment.pk, actor="ben", version=1, changes=changes
    )


def approve_as_seen(experiment: Experiment, user: User) -> Callable[[], Any]:
    """Approve the first version, as the page does that showed it."""

    def approve() -> Experiment:
        with transaction.atomic():
            require_unchanged(experiment_id=experiment.pk, version=1)
            return approve_experiment(experiment_id=experiment.pk, user=user)

    return approve


@pytest.mark.parametrize("number", range(ROUNDS))
def test_start__beside_an_edit__runs_either_with_the_edit_or_without_it(
    site: Site, number: int
) -> None:
    draft = draft_experiment(site, f"home-{number}")

    done = at_once(start(draft), edit(draft, window_days=5))

    draft.refresh_from_db()
    refused = [each for each in done if isinstance(each, Exception)]
    assert draft.status == "running"
    assert (
        (draft.window_days, refused) == (5, [])
        if draft.version == 2
        else (draft.window_days != 5 and [type(each) for each in refused] == [InvalidInput])
    )


def test_edits__of_one_version__only_the_first_is_written(site: Site) -> None:
    draft = draft_experiment(site)
    others = [draft.planned_days + more for more in (1, 2, 3, 4)]

    done = at_once(*(edit(draft, planned_days=days) for days in others))

    draft.refresh_from_db()
    assert sorted(type(each).__name__ for each in done) == ["EditConflict"] * 3 + ["Experiment"]
    assert draft.version == 2
    assert all(each.diff for each in done if isinstance(each, EditConflict))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_approval__beside_an_edit__never_covers_the_edit(site: Site, number: int) -> None:
    Site.objects.update(requires_approval=True)
    draft = draft_experiment(site, f"home-{number}")
    submit_experiment(experiment_id=draft.pk, actor="ann")
    dora = User.objects.create_user("dora")

    at_once(approve_as_seen(draft, dora), edit(draft, window_days=5))

    draft.refresh_from_db()
    assert draft.version == 2
    assert draft.approved_version in {None, 1}
    with pytest.raises(ApprovalMissing):
        start_experiment(experiment_id=draft.pk, actor="ann", waiver="a test")


@pytest.mark.parametrize("number", range(ROUNDS))
def test_kill__beside_everything_else__always_wins(site: Site, number: int) -> None:
    running = started(site, f"home-{number}")
    before: dict[str, Any] = {"experiment_id": running.pk, "actor": "ann"}

    done = at_once(
        lambda: kill_experiment(**before, reason="harm"),
        lambda: ramp_to(**before, percent=50, reason="careful"),
        lambda: open_phase(**before, reason="a test", weights={"treatment": 3}),
        lambda: set_ramp(**before, steps=[RampDraft(100)]),
        lambda: pause_experiment(**before),
        lambda: set_overrides(**before, overrides=[OverrideDraft("tester", "control")]),
    )

    running.refresh_from_db()
    assert (running.status, running.is_killed) == ("ended", True)
    assert not running.phases.filter(ended_at=None).exists()
    assert all(isinstance(each, ArmatureError) for each in done if isinstance(each, Exception))
    assert Change.objects.filter(experiment=running, action="kill").count() == 1


def test_ramp__by_two_at_once__leaves_one_plan(site: Site) -> None:
    running = started(site, ramp=[RampDraft(10), RampDraft(50, 24), RampDraft(100, 24)])

    at_once(
        *(
            lambda share=share: ramp_to(experiment_id=running.pk, percent=share, actor="ann")
            for share in (20, 30)
        )
    )

    steps = RampStep.objects.filter(experiment=running).order_by("position")
    percents = [step.percent for step in steps if step.applied_at is None]
    assert percents == [50, 100]
    assert len({step.position for step in steps}) == len(steps)


def test_decision__by_two_at_once__is_written_once(site: Site) -> None:
    running = started(site)
    end_experiment(experiment_id=running.pk)

    done = at_once(
        *(
            lambda word=word: record_decision(
                experiment_id=running.pk,
                outcome=word,
                reason="a test",
                user=None,
                shipped_variant="treatment" if word == "won" else None,
            )
            for word in ("won", "inconclusive")
        )
    )

    assert sorted(type(each).__name__ for each in done) == ["AlreadyDecided", "DecisionRecord"]
    assert Change.objects.filter(experiment=running, action="decide").count() == 1
