"""Changes of the configuration at once, which only PostgreSQL allows: they follow each other."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection

from experiments.errors import ArmatureError
from experiments.models import ConfigVersion, Experiment, Site
from experiments.services import end_experiment, pause_experiment, start_experiment
from tests.experiments.sites import a_ready_site, range_of, started
from tests.factories import draft_experiment

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite has one writer: nothing is side by side"
    ),
]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run each in a thread with a connection of its own; return what each returned or raised."""
    done: list[Any] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def run(index: int) -> None:
        barrier.wait()
        try:
            done[index] = works[index]()
        except (ArmatureError, DatabaseError) as error:
            done[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[index]) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def start(experiment: Experiment) -> Callable[[], Experiment]:
    return lambda: start_experiment(experiment_id=experiment.pk, waiver="a test")


@pytest.fixture
def site() -> Site:
    return a_ready_site()


def test_starts__of_all_the_buckets_at_once__only_one_gets_them(site: Site) -> None:
    drafts = [draft_experiment(site, f"home-{number}") for number in range(4)]

    done = at_once(*map(start, drafts))

    assert Experiment.objects.filter(status="running").count() == 1
    refusals = [each for each in done if isinstance(each, ArmatureError)]
    assert len(refusals) == 3
    assert {refusal.code for refusal in refusals} == {"launch_refused"}


def test_starts__with_room_for_all__stand_side_by_side(site: Site) -> None:
    drafts = [draft_experiment(site, f"home-{number}", allocation=2500) for number in range(4)]

    done = at_once(*map(start, drafts))

    assert [each.status for each in done] == ["running"] * 4
    assert sorted(map(range_of, drafts)) == [
        (0, 2500), (2500, 5000), (5000, 7500), (7500, 10_000),
    ]  # fmt: skip


def test_start__twice_at_once__happens_once(site: Site) -> None:
    draft = draft_experiment(site)

    done = at_once(start(draft), start(draft))

    assert sorted(type(each).__name__ for each in done) == ["Experiment", "TransitionError"]
    assert draft.status_changes.count() == 1


def test_changes_of_every_kind__at_once__none_blocks_another_for_good(site: Site) -> None:
    running = [started(site, f"running-{number}", allocation=1000) for number in range(3)]
    drafts = [draft_experiment(site, f"draft-{number}", allocation=1000) for number in range(3)]
    before = ConfigVersion.objects.get().version

    done = at_once(
        *(start(draft) for draft in drafts),
        *(lambda n=n: draft_experiment(site, f"new-{n}", allocation=500) for n in range(3)),
        lambda: pause_experiment(experiment_id=running[0].pk),
        lambda: end_experiment(experiment_id=running[1].pk),
        lambda: running[2].save(update_fields=["name"]),
    )

    assert [each for each in done if isinstance(each, Exception)] == []
    assert ConfigVersion.objects.get().version >= before + 9


def test_first_changes_ever__at_once__each_raises_the_version(site: Site) -> None:
    drafts = [draft_experiment(site, f"home-{number}") for number in range(4)]
    ConfigVersion.objects.all().delete()

    at_once(*(lambda d=d: d.save(update_fields=["name"]) for d in drafts))

    assert ConfigVersion.objects.get().version > 4
