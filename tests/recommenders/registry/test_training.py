"""Training: reproducible, one at a time, its progress and reasons kept, learning on from before."""

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from experiments.models import Site
from recommenders.artifacts import load_artifact
from recommenders.models import Artifact, Recommender
from recommenders.services import (
    LEASE,
    progress,
    release_stuck_training,
    request_training,
    train_artifact,
)
from recommenders.services.progress import enter_stage, leave_sign
from recommenders.services.training import MOST_ATTEMPTS
from recommenders.telling import tell
from tests.factories import NOW, trained
from tests.recommenders.registry import bad
from tests.recommenders.registry.tastes import ITEMS, VISITORS, recommender_of, shop_of_tastes
from tests.recommenders.shop import folder_of

pytestmark = pytest.mark.django_db
Status = Artifact.Status


def manifest_of(artifact: Artifact) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder_of(artifact) / "manifest.json").read_text())
    return found


def train(site: Site, key: str, **asked: Any) -> Artifact:
    artifact = train_artifact(artifact_id=request_training(site=site, key=key, **asked).pk)
    assert artifact is not None
    return artifact


def test_training__twice_of_one_seed__gives_the_same_files_and_of_another_other_ones() -> None:
    site = shop_of_tastes()
    Recommender.objects.filter(key="random").update(seed=7)
    first, second = (train(site, "random", until=NOW) for _ in range(2))
    Recommender.objects.filter(key="random").update(seed=8)

    other = train(site, "random", until=NOW)

    files = [manifest_of(each)["files"] for each in (first, second, other)]
    assert files[0] == files[1]
    assert files[0] != files[2]
    assert [each.manifest["seed"] for each in (first, second, other)] == [7, 7, 8]


def test_manifest__of_an_artifact__tells_where_it_comes_from() -> None:
    site = shop_of_tastes()

    artifact = train(site, "item_knn", until=NOW)

    told = manifest_of(artifact)
    assert told["schema"] == 1
    assert told["class"] == "recommenders.algorithms.item_knn.ItemKNN"
    assert (told["n_items"], told["n_units"], told["n_interactions"]) == (ITEMS, VISITORS, 600)
    assert told["trained_from"] < told["trained_until"] == NOW.isoformat()
    assert len(told["ids_sha256"]) == 64
    assert told["metrics"]["metric"] == "ndcg@10"
    assert told["metrics"]["value"] == artifact.metrics["value"] > 0
    assert all(len(each["sha256"]) == 64 for each in told["files"].values())
    assert artifact.manifest["load_ms"] >= 0
    assert artifact.manifest["bytes"] > 0


def test_ids_hash__of_other_ids__differs() -> None:
    site = shop_of_tastes()
    first = train(site, "popularity", until=NOW)
    site.item_set.filter(item_id="sku-1").delete()

    second = train(site, "popularity", until=NOW)

    assert first.manifest["ids_sha256"] != second.manifest["ids_sha256"]


def test_progress__of_a_training__is_kept_by_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    bad.install(monkeypatch)
    site = shop_of_tastes()
    recommender_of(site, "watching")

    artifact = train(site, "tried")

    (fitting, begun), (judging, further) = bad.Watching.seen
    assert (fitting, judging) == ("fitting", "judging")
    assert 0 < begun < further < 1
    assert (artifact.stage, artifact.share) == ("", None)


def test_progress__told_by_an_algorithm__is_kept_within_its_stage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "BETWEEN_S", 0.0)
    bad.install(monkeypatch)
    site = shop_of_tastes()
    recommender_of(site, "telling")

    train(site, "tried")

    assert bad.Telling.seen == [pytest.approx(0.35), pytest.approx(0.725)]


def test_progress__told_at_every_step__is_noted_once_a_second(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    artifact = request_training(site=shop_of_tastes(), key="popularity")

    with django_assert_num_queries(1), progress.learning(artifact, Artifact.Stage.FITTING):
        for step in range(100):
            tell(step / 100)


def test_training__another_of_this_recommender_under_way__waits_its_turn() -> None:
    site = shop_of_tastes()
    running, waiting = (request_training(site=site, key="popularity") for _ in range(2))
    Artifact.objects.filter(pk=running.pk).update(status=Status.TRAINING)

    assert train_artifact(artifact_id=waiting.pk) is None

    waiting.refresh_from_db()
    assert (waiting.status, waiting.error) == (Status.QUEUED, "")


def test_training__that_shows_signs_of_life__is_not_taken_for_dead() -> None:
    site = shop_of_tastes()
    artifact = request_training(site=site, key="popularity")
    long_ago = timezone.now() - 2 * LEASE
    Artifact.objects.filter(pk=artifact.pk).update(
        status=Status.TRAINING, created_at=long_ago, seen_at=long_ago
    )
    leave_sign(artifact.pk)

    released = release_stuck_training()

    assert released == []
    assert Artifact.objects.get().status == Status.TRAINING


def test_training__that_kills_its_worker_time_and_again__fails_and_says_so() -> None:
    site = shop_of_tastes()
    artifact = request_training(site=site, key="popularity")
    for attempt in range(MOST_ATTEMPTS):
        Artifact.objects.filter(pk=artifact.pk).update(
            status=Status.TRAINING,
            attempts=attempt + 1,
            seen_at=timezone.now() - LEASE - timedelta(seconds=1),
            created_at=timezone.now() - timedelta(hours=1),
        )
        release_stuck_training()

    artifact.refresh_from_db()
    assert artifact.status == Status.FAILED
    assert artifact.error == "its worker was killed 3 times"


def test_failure__leaves_nothing_half_written_and_the_champion_as_it_was() -> None:
    site = shop_of_tastes()
    (champion,) = trained(site, "popularity")
    artifact = request_training(site=site, key="popularity")
    left = folder_of(champion).with_name(f".{artifact.version}.4711")
    left.mkdir()
    Artifact.objects.filter(pk=artifact.pk).update(
        status=Status.TRAINING, attempts=1, seen_at=timezone.now() - 2 * LEASE
    )

    release_stuck_training()

    assert not left.exists()
    assert Recommender.objects.get(key="popularity").champion == champion


def test_memory_error__is_told_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    bad.install(monkeypatch)
    site = shop_of_tastes()
    recommender_of(site, "greedy")

    with pytest.raises(MemoryError):
        train(site, "tried")

    assert "more memory than the 4096 MiB of ARMATURE_TRAINING_MEMORY_MB" in (
        Artifact.objects.get().error
    )


def test_warm_training__learns_on_from_the_last_artifact_by_its_ids(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad.install(monkeypatch)
    site = shop_of_tastes()
    recommender_of(site, "learner")
    first = train(site, "tried", until=NOW)
    site.item_set.filter(item_id="sku-0").delete()  # the first in the order of ids

    second = train(site, "tried", until=NOW, is_warm=True)

    state = {
        name: np.load(folder_of(second) / f"state.{name}.npy")
        for name in ("units", "items", "before")
    }
    assert second.started_from == first
    assert manifest_of(second)["started_from"] == first.full_name
    assert state["items"].tolist() == list(range(1, ITEMS))
    assert state["units"].tolist() == list(range(VISITORS))
    assert len(state["before"]) == VISITORS


def test_warm_training__where_the_last_artifact_is_lost__is_a_full_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad.install(monkeypatch)
    site = shop_of_tastes()
    recommender_of(site, "learner")
    first = train(site, "tried")
    (folder_of(first) / "manifest.json").unlink()

    second = train(site, "tried", is_warm=True)

    assert second.status == Status.READY
    assert manifest_of(second)["started_from"] == ""


def test_warm_training__of_an_algorithm_that_cannot__is_a_full_one() -> None:
    site = shop_of_tastes()
    train(site, "popularity")

    assert train(site, "popularity", is_warm=True).started_from is None


def test_warm_training__after_other_settings__begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    bad.install(monkeypatch)
    site = shop_of_tastes()
    recommender = recommender_of(site, "learner")
    Artifact.objects.create(
        site=site,
        recommender=recommender,
        version="old",
        status=Status.READY,
        manifest={"settings": {"rank": 3}},
    )

    assert request_training(site=site, key="tried", is_warm=True).started_from is None


def test_stage__entered__is_seen_by_others_at_once() -> None:
    site = shop_of_tastes()
    artifact = request_training(site=site, key="popularity")

    enter_stage(artifact, Artifact.Stage.FITTING)

    row = Artifact.objects.get()
    assert (row.stage, row.share) == ("fitting", 0.15)
    assert row.stage_since == row.seen_at


def test_snapshot__kept_with_the_artifact__maps_every_id_back() -> None:
    site = shop_of_tastes()

    artifact = train(site, "popularity")

    opened = load_artifact(folder_of(artifact), sha256=artifact.sha256)
    assert len(opened.item_ids) == len(opened.extras["drift.groups"]) == ITEMS
    assert opened.unit_index("v-07") == 7
