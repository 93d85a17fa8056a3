"""Phases: what opens one, what it changes, what it leaves alone."""

from typing import Any

import pytest

from experiments.errors import InvalidInput, LaunchRefused, TransitionError
from experiments.models import Change, Experiment, Phase
from experiments.services import (
    close_enrolment,
    end_experiment,
    kill_experiment,
    open_phase,
    pause_experiment,
    ramp_to,
)
from recommenders.models import Recommender
from tests.experiments.sites import a_ready_site, range_of, started
from tests.factories import draft_experiment

pytestmark = pytest.mark.django_db


@pytest.fixture
def running() -> Experiment:
    return started(a_ready_site(), allocation=4000)


def opened(experiment: Experiment, **changes: Any) -> Experiment:
    return open_phase(experiment_id=experiment.pk, actor="ann", reason="a test", **changes)


def test_launch__opens_the_first_phase_with_the_variants_as_they_run(running: Experiment) -> None:
    phase = Phase.objects.get()

    champion = Recommender.objects.get(key="random").champion
    assert champion is not None
    assert (phase.number, phase.seed, phase.ended_at) == (1, running.seed, None)
    assert phase.variants[1] == {
        "key": "treatment",
        "name": "Treatment",
        "weight": 1,
        "is_control": False,
        "parameters": {
            "recommender": "random",
            "artifact": champion.full_name,
            "rerank": {"defaults": False},
        },
    }


def test_phase__of_other_weights__has_a_new_seed_and_closes_the_old_one(
    running: Experiment,
) -> None:
    buckets = range_of(running)

    after = opened(running, weights={"treatment": 3})

    old, new = Phase.objects.order_by("number")
    assert (after.phase, after.version) == (2, 2)
    assert after.seed == new.seed != old.seed == running.seed
    assert old.ended_at is not None
    assert new.ended_at is None
    assert [each["weight"] for each in new.variants] == [1, 3]
    assert [each["weight"] for each in old.variants] == [1, 1]
    assert range_of(running) == buckets
    change = Change.objects.latest("id")
    assert (change.action, change.actor, change.reason) == ("phase", "ann", "a test")
    assert (change.before["phase"], change.after["phase"]) == (1, 2)


def test_phase__of_other_parameters__pins_the_artifact_of_this_moment(running: Experiment) -> None:
    pause_experiment(experiment_id=running.pk)

    opened(running, parameters={"treatment": {"recommender": "popularity"}})

    champion = Recommender.objects.get(key="popularity").champion
    assert champion is not None
    treatment = running.variants.get(key="treatment")
    assert treatment.parameters == {
        "recommender": "popularity",
        "artifact": champion.full_name,
        "rerank": {"defaults": False},
    }


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({}, InvalidInput, "these are the present ones"),
        ({"weights": {"treatment": 1}}, InvalidInput, "these are the present ones"),
        ({"weights": {"third": 1}}, InvalidInput, "unknown variant 'third'"),
        ({"parameters": {"third": {}}}, InvalidInput, "unknown variant 'third'"),
        ({"parameters": {"treatment": {"a": "\0"}}}, InvalidInput, "NUL"),
        (
            {"parameters": {"treatment": {"recommender": "nope"}}},
            LaunchRefused,
            "nope",
        ),
    ],
    ids=["nothing", "same", "unknown", "unknown parameters", "NUL", "cannot be served"],
)
def test_phase__that_cannot_be__is_refused_and_changes_nothing(
    running: Experiment, changes: dict[str, Any], error: Any, message: str
) -> None:
    rows = list(running.variants.values())

    with pytest.raises(error, match=message):
        opened(running, **changes)

    assert Phase.objects.get().ended_at is None
    assert list(running.variants.values()) == rows
    assert Experiment.objects.get().seed == running.seed


def test_phase__of_what_does_not_run__is_refused(running: Experiment) -> None:
    end_experiment(experiment_id=running.pk)
    draft = draft_experiment(running.site, "draft", allocation=1000)

    for experiment in (running, draft):
        with pytest.raises(TransitionError, match="cannot open a phase of an experiment that is"):
            opened(experiment, weights={"treatment": 3})


def test_phase__after_the_enrolment_was_closed__is_refused(running: Experiment) -> None:
    closed = close_enrolment(experiment_id=running.pk, actor="ann", reason="enough")

    assert closed.enrolment_closed_at is not None
    assert Change.objects.latest("id").action == "close_enrolment"
    with pytest.raises(InvalidInput, match="would count nobody"):
        opened(running, weights={"treatment": 3})
    with pytest.raises(TransitionError, match="closed already"):
        close_enrolment(experiment_id=running.pk, actor="ann")


def test_ramp__opens_no_phase(running: Experiment) -> None:
    ramp_to(experiment_id=running.pk, percent=5, actor="ann", reason="carefully")
    ramp_to(experiment_id=running.pk, percent=100, actor="ann")

    after = Experiment.objects.get()
    assert (after.phase, after.seed, after.version) == (1, running.seed, running.version)
    assert Phase.objects.count() == 1


def test_kill__ends_it_at_once_with_a_reason_and_its_phase(running: Experiment) -> None:
    with pytest.raises(InvalidInput, match="killing an experiment needs a reason"):
        kill_experiment(experiment_id=running.pk, actor="ann", reason="")

    killed = kill_experiment(experiment_id=running.pk, actor="ann", reason="prices are wrong")

    assert (killed.status, killed.is_killed) == ("ended", True)
    assert Phase.objects.get().ended_at == killed.ended_at
    change = Change.objects.latest("id")
    assert (change.action, change.reason) == ("kill", "prices are wrong")
    assert (change.before["status"], change.after["status"]) == ("running", "ended")
