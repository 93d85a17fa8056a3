"""Serving state in process memory: it follows the database, and outlives it."""

import logging
from pathlib import Path

import pytest
from django.db import DatabaseError
from pytest_django import DjangoAssertNumQueries, Settings

from experiments.services import start_experiment
from experiments.watching import Watched
from recommenders import loaded, state
from recommenders.catalogue import ItemRecord, upsert_items
from recommenders.state import ServingState
from tests.factories import a_site, draft_experiment, running_experiment, stocked
from tests.recommenders.shop import a_shop, ask, ids_of, retrained

pytestmark = pytest.mark.django_db
RANDOM = {"recommender": "random"}


def test_new_champion__next_refresh__serves_in_the_same_process(settings: Settings) -> None:
    site, made = a_shop("popularity", "random")
    settings.SNAPSHOT_MAX_AGE_S = 3600  # refreshed when the test says so
    before = ask(site, RANDOM).artifact
    newer = retrained(site, "random")
    meanwhile = ask(site, RANDOM).artifact

    changed = state.watched.refresh()

    assert (before, meanwhile) == (made["random"].full_name,) * 2
    assert changed
    assert ask(site, RANDOM).artifact == newer.full_name
    assert not state.watched.refresh()


def test_running_experiment__retrained_meanwhile__keeps_its_artifact() -> None:
    site, _made = a_shop("popularity")
    experiment = running_experiment(site)
    parameters = {v.key: v.parameters for v in experiment.variants.all()}
    pinned = parameters["treatment"]["artifact"]

    newer = retrained(site, "random")

    assert pinned != newer.full_name
    assert ask(site, parameters["treatment"]).artifact == pinned
    assert ask(site, RANDOM).artifact == newer.full_name


def test_running_experiment__told_to_follow_the_champion__does() -> None:
    site, _made = a_shop("popularity", "random")
    experiment = draft_experiment(site)
    variant = experiment.variants.get(key="treatment")
    variant.parameters = {"recommender": "random", "artifact": "champion"}
    variant.save()
    start_experiment(experiment_id=experiment.pk, waiver="a test")
    newer = retrained(site, "random")
    variant.refresh_from_db()

    assert ask(site, variant.parameters).artifact == newer.full_name


def test_serve__nothing_changed__asks_the_database_nothing(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    site, _made = a_shop("popularity")
    settings.SNAPSHOT_MAX_AGE_S = 3600
    ask(site)

    with django_assert_num_queries(0):
        ask(site)


def test_shelf__catalogue_of_another_site_changed__is_kept_as_it_is() -> None:
    one, two = a_site("one"), a_site("two")
    stocked(one, 3)
    stocked(two, 3)
    before = state.current()

    upsert_items(site=two, items=[ItemRecord("new", "New")])

    after = state.current()
    assert after.shelves[one.pk] is before.shelves[one.pk]
    assert next(iter(after.shelves[two.pk].items)) == "new"


def test_state__without_the_database__comes_from_the_last_good_copy() -> None:
    site, made = a_shop("popularity")
    good = state.current()
    restarted = _without_database()

    found = restarted.get()

    assert found == good
    assert found.artifacts[site.pk, made["popularity"].full_name].sha256


@pytest.mark.parametrize("copy", [None, b"torn"])
def test_state__without_database_and_copy__is_empty(
    copy: bytes | None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    if copy is not None:
        (Path(settings.DATA_DIR) / "serving.msgpack").write_bytes(copy)

    with caplog.at_level(logging.ERROR):
        found = _without_database().get()

    assert found == ServingState({}, {}, {})
    assert "the last good copy serves" in caplog.text


def test_state__disk_refuses_the_copy__is_loaded_all_the_same(
    settings: Settings, tmp_path: Path
) -> None:
    site, _made = a_shop("popularity")
    loaded.cache.get(site.pk, next(iter(state.current().artifacts.values())))
    settings.DATA_DIR = tmp_path / "gone"
    state.watched.reset()

    assert ids_of(ask(site, k=1)) == ["sku-0"]


def _without_database() -> Watched[ServingState]:
    """Return a process's serving state that finds no database when it starts."""

    def away() -> object:
        raise DatabaseError("nobody listens")

    return Watched("serving state", version=away, load=state._load, restore=state.restore)
