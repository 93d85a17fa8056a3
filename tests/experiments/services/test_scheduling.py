"""Starts and ends that are set beforehand."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from experiments import tasks
from experiments.errors import InvalidInput, LaunchRefused, TransitionError
from experiments.models import Change, Experiment, Notice, Site, StatusChange, Waiver
from experiments.services import (
    edit_experiment,
    end_experiment,
    pause_experiment,
    run_schedule,
    schedule_experiment,
    unschedule_experiment,
)
from tests.experiments.sites import a_ready_site, range_of, started
from tests.factories import draft_experiment

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def site() -> Site:
    return a_ready_site()


def scheduled(
    site: Site, key: str = "home-test", *, at: datetime, allocation: int = 4000
) -> Experiment:
    draft = draft_experiment(site, key, allocation=allocation)
    return schedule_experiment(experiment_id=draft.pk, actor="ann", starts_at=at, waiver="a test")


def test_schedule__reserves_the_buckets_and_waives_what_stood(site: Site) -> None:
    at = timezone.now() + HOUR

    experiment = scheduled(site, at=at)
    second = started(site, "second", allocation=4000)

    assert (experiment.status, experiment.starts_at) == ("scheduled", at)
    assert (range_of(experiment), range_of(second)) == ((0, 4000), (4000, 8000))
    waivers = Waiver.objects.filter(experiment=experiment)
    assert set(waivers.values_list("reason", "actor")) == {("a test", "ann")}
    change = Change.objects.filter(experiment=experiment).latest("id")
    assert change.action == "schedule"
    assert sorted(change.after["waived"]) == sorted(waivers.values_list("code", flat=True))


def test_schedule__due__starts_it_and_nobody_else(site: Site) -> None:
    at = timezone.now() + HOUR
    due, later = scheduled(site, at=at), scheduled(site, "later", at=at + HOUR)

    assert run_schedule(now=at - HOUR / 2) == []
    assert run_schedule(now=at) == [due.pk]
    assert run_schedule(now=at) == []

    assert set(Experiment.objects.values_list("key", "status")) == {
        ("home-test", "running"), ("later", "scheduled"),
    }  # fmt: skip
    step = StatusChange.objects.filter(experiment=due).latest("id")
    assert (step.from_status, step.to_status, step.actor) == ("scheduled", "running", "armature")
    assert later.starts_at is not None


def test_schedule__that_can_no_longer_start__waits_is_told_once_and_starts_when_mended(
    site: Site,
) -> None:
    at = timezone.now() + HOUR
    experiment = scheduled(site, at=at)
    other = scheduled(site, "other", at=at)
    experiment.variants.filter(key="treatment").update(parameters={"recommender": "nope"})

    assert run_schedule(now=at) == [other.pk]
    assert run_schedule(now=at) == []

    assert Experiment.objects.get(pk=experiment.pk).status == "scheduled"
    notice = Notice.objects.get(kind="start_refused")
    assert "nope" in notice.detail
    experiment.variants.filter(key="treatment").update(parameters={"recommender": "random"})
    assert run_schedule(now=at) == [experiment.pk]
    notice.refresh_from_db()
    assert notice.resolved_at is not None


def test_unschedule__frees_the_buckets(site: Site) -> None:
    experiment = scheduled(site, at=timezone.now() + HOUR, allocation=10_000)

    back = unschedule_experiment(experiment_id=experiment.pk, actor="ann")

    assert (back.status, back.starts_at) == ("draft", None)
    assert range_of(started(site, "second")) == (0, 10_000)


@pytest.mark.parametrize("pause", [False, True])
def test_end__that_has_come__ends_what_runs_or_is_paused(site: Site, pause: bool) -> None:
    running = started(site)
    end = timezone.now() + HOUR
    edit_experiment(experiment_id=running.pk, actor="ann", version=1, changes={"ends_at": end})
    if pause:
        pause_experiment(experiment_id=running.pk)

    assert run_schedule(now=end - HOUR / 2) == []
    assert run_schedule(now=end) == [running.pk]

    over = Experiment.objects.get()
    assert (over.status, over.is_killed) == ("ended", False)
    step = StatusChange.objects.latest("id")
    assert (step.actor, step.reason) == ("armature", "its planned end has come")


def test_schedule__at_no_moment_ahead__is_refused(site: Site) -> None:
    draft = draft_experiment(site)
    end = timezone.now() + HOUR
    edit_experiment(experiment_id=draft.pk, actor="ann", version=1, changes={"ends_at": end})
    bad = {
        "is not ahead": timezone.now(),
        "needs a time zone": datetime(2030, 1, 1),
        "before it would start": end + HOUR,
    }

    for message, at in bad.items():
        with pytest.raises(InvalidInput, match=message) as refusal:
            schedule_experiment(experiment_id=draft.pk, actor="ann", starts_at=at, waiver="a test")
        assert refusal.value.field == "starts_at"


def test_schedule__with_warnings_that_nobody_waived__is_refused(site: Site) -> None:
    draft = draft_experiment(site)

    with pytest.raises(LaunchRefused) as refusal:
        schedule_experiment(
            experiment_id=draft.pk, actor="ann", starts_at=timezone.now() + HOUR, waiver=" "
        )

    assert str(refusal.value.hint).endswith("Or waive them, with a reason.")
    assert not Waiver.objects.exists()


def test_schedule__of_what_runs_or_is_over__is_refused(site: Site) -> None:
    running = started(site)
    at = timezone.now() + HOUR
    for _ in range(2):
        with pytest.raises(TransitionError, match="cannot schedule an experiment that is"):
            schedule_experiment(
                experiment_id=running.pk, actor="ann", starts_at=at, waiver="a test"
            )
        if running.status == "running":
            running = end_experiment(experiment_id=running.pk)


def test_tasks__of_beat__do_what_is_due(site: Site) -> None:
    running = started(site)
    Experiment.objects.filter(pk=running.pk).update(ends_at=timezone.now() - HOUR)

    tasks.run_schedule()
    tasks.advance_ramps()

    assert Experiment.objects.get().status == "ended"
