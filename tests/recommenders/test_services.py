"""Training: queued, claimed once, registered whole, or recorded as failed."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from django.utils import timezone

from experiments.intake.importing import EventRecord, import_events
from experiments.models import Site
from recommenders import registry, tasks
from recommenders.errors import RecommenderError, SettingsError, TrainingError, UnknownRecommender
from recommenders.models import Artifact, Recommender
from recommenders.services import (
    LEASE,
    promote,
    release_stuck_training,
    request_training,
    train_artifact,
)
from recommenders.services.apart import SIGN_S
from tests.factories import NOW, a_site, stocked, trained
from tests.recommenders.shop import a_shop, ask, folder_of, ids_of

pytestmark = pytest.mark.django_db
Status = Artifact.Status


def age(artifact: Artifact, by: timedelta) -> None:
    Artifact.objects.filter(pk=artifact.pk).update(created_at=timezone.now() - by)


def train(site: Site, key: str, *, until: datetime) -> Artifact:
    done = train_artifact(artifact_id=request_training(site=site, key=key, until=until).pk)
    assert done is not None
    return done


def recommender(site: Site, key: str) -> Recommender:
    return Recommender.objects.select_related("champion").get(site=site, key=key)


def test_training__done__is_ready_registered_and_champion() -> None:
    site, made = a_shop("popularity")

    row = Artifact.objects.get()
    assert (row.status, row.error) == (Status.READY, "")
    assert row.version == f"{timezone.now().date()}.1"
    assert row.manifest["n_items"] == 12
    assert row.manifest["n_units"] == 6
    assert row.manifest["n_interactions"] == 21
    assert row.ready_at is not None
    assert recommender(site, "popularity").champion == made["popularity"]
    assert (folder_of(row) / "manifest.json").is_file()


def test_training__not_to_be_promoted__leaves_the_champion() -> None:
    site, made = a_shop("popularity")

    quiet = request_training(site=site, key="popularity", promote=False)
    train_artifact(artifact_id=quiet.pk)

    assert Artifact.objects.get(pk=quiet.pk).status == Status.READY
    assert recommender(site, "popularity").champion == made["popularity"]


def test_training__same_day__counts_versions_up() -> None:
    site = a_site()
    stocked(site, 3)

    versions = [trained(site, "random")[0].version for _ in range(3)]

    today = timezone.now().date()
    assert versions == [f"{today}.{number}" for number in (1, 2, 3)]


def test_training__claimed_by_another__is_not_done_twice() -> None:
    site, made = a_shop("popularity")
    finished = made["popularity"]
    queued = request_training(site=site, key="popularity")
    Artifact.objects.filter(pk=queued.pk).update(status=Status.TRAINING)

    assert train_artifact(artifact_id=finished.pk) is None
    assert train_artifact(artifact_id=queued.pk) is None
    assert Artifact.objects.get(pk=queued.pk).status == Status.TRAINING


def test_training__site_without_items__fails_with_the_reason() -> None:
    site = a_site()
    queued = request_training(site=site, key="popularity")

    with pytest.raises(TrainingError):
        train_artifact(artifact_id=queued.pk)

    row = Artifact.objects.get()
    assert (row.status, row.error) == (Status.FAILED, "TrainingError: the site has no items")


def test_training__cannot_write_its_files__fails_and_the_champion_serves_on() -> None:
    site, made = a_shop("popularity")
    before = ask(site)
    folder = folder_of(made["popularity"]).parent
    kept = folder.with_name("kept")
    folder.rename(kept)
    folder.write_text("a file where the folder should be")
    queued = request_training(site=site, key="popularity")

    with pytest.raises(OSError):
        train_artifact(artifact_id=queued.pk)

    folder.unlink()
    kept.rename(folder)
    row = Artifact.objects.get(pk=queued.pk)
    assert row.status == Status.FAILED
    assert "Error: " in row.error
    assert recommender(site, "popularity").champion == made["popularity"]
    assert ask(site) == before


def test_training__algorithm_raises__fails_and_leaves_no_folder() -> None:
    site, made = a_shop("popularity")
    row = recommender(site, "popularity")
    queued = request_training(site=site, key="popularity")
    row.settings = {"half_life_days": 0.0}  # changed between the request and the training
    row.save()

    with pytest.raises(SettingsError):
        train_artifact(artifact_id=queued.pk)

    failed = Artifact.objects.get(pk=queued.pk)
    assert failed.error.startswith("SettingsError: half_life_days must be above 0")
    folders = [path.name for path in folder_of(made["popularity"]).parent.iterdir()]
    assert folders == [made["popularity"].version]
    assert recommender(site, "popularity").champion == made["popularity"]


def test_promote__artifact_that_is_not_ready__is_refused() -> None:
    site = a_site()
    queued = request_training(site=site, key="popularity")

    with pytest.raises(TrainingError, match="is queued, not ready"):
        promote(artifact=queued, reason="it is better", by="ada")


def test_killed_training__after_its_lease__is_taken_up_again() -> None:
    site = a_site()
    stocked(site, 3)
    killed = request_training(site=site, key="popularity")
    Artifact.objects.filter(pk=killed.pk).update(status=Status.TRAINING)
    age(killed, LEASE / 2)
    early = release_stuck_training()
    age(killed, LEASE + timedelta(minutes=1))

    late = release_stuck_training()
    for artifact_id in late:
        tasks.train_artifact(artifact_id)

    assert (early, late) == ([], [killed.pk])
    assert Artifact.objects.get().status == Status.READY
    assert recommender(site, "popularity").champion == killed


def test_queued_training__message_lost__is_found_by_the_sweep() -> None:
    site = a_site()
    stocked(site, 3)
    queued = request_training(site=site, key="popularity")
    fresh = release_stuck_training()
    age(queued, timedelta(seconds=20))

    assert (fresh, release_stuck_training()) == ([], [queued.pk])


def test_lease__lasts_longer_than_several_signs_of_life_take() -> None:
    assert timedelta(seconds=6 * SIGN_S) < LEASE


@pytest.mark.parametrize("key", registry.names())
def test_training__same_data_twice__writes_the_same_bytes(key: str) -> None:
    if why := registry.missing(key):
        pytest.skip(why)
    site, _made = a_shop()

    first, second = (train(site, key, until=NOW) for _ in range(2))

    written = [_files(folder_of(artifact)) for artifact in (first, second)]
    assert written[0] == written[1]
    assert any(name.startswith("state.") for name in written[0])


def _files(folder: Path) -> dict[str, bytes]:
    """Return the arrays; the manifest tells the name and how long it took."""
    return {file.name: file.read_bytes() for file in folder.glob("*.npy")}


def test_training__until_a_moment__learns_nothing_of_what_came_after() -> None:
    site, _made = a_shop()
    import_events(
        site=site,
        events=[
            EventRecord(UUID(int=10_000 + n), "purchase", NOW, visitor_id="late", item_id="sku-9")
            for n in range(50)
        ],
    )

    early = train(site, "popularity", until=NOW - timedelta(days=1))
    before = ids_of(ask(site, k=1))
    (_late,) = trained(site, "popularity")

    assert np.load(folder_of(early) / "unit_ids.npy").tolist() == [
        f"v-{n}".encode() for n in range(6)
    ]
    assert before == ["sku-0"]
    assert ids_of(ask(site, k=1)) == ["sku-9"]


@pytest.mark.parametrize("key", ["nobody", ""])
def test_request__unknown_recommender__names_the_known(key: str) -> None:
    with pytest.raises(UnknownRecommender) as caught:
        request_training(site=a_site(), key=key)

    assert "popularity" in str(caught.value.hint)


def test_request__bad_setting__is_refused_before_it_is_queued() -> None:
    site = a_site()
    Recommender.objects.filter(key="popularity").update(settings={"half_life": 3})

    with pytest.raises(SettingsError, match="unknown setting 'half_life'"):
        request_training(site=site, key="popularity")

    assert not Artifact.objects.exists()


def test_site__without_lightfm__has_the_others_and_training_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    complete = a_site("complete")
    Recommender.objects.get_or_create(site=complete, key="lightfm", algorithm="lightfm")
    monkeypatch.setitem(sys.modules, "lightfm", None)  # as where it is not installed
    without = a_site("without")
    stocked(without, 3)
    trained(without, "popularity")

    keys = set(without.recommenders.values_list("key", flat=True))
    assert "lightfm" not in keys
    assert "popularity" in keys
    assert len(ask(without).items) == 3
    with pytest.raises(RecommenderError, match="LightFM is not installed"):
        request_training(site=complete, key="lightfm")
    assert not Artifact.objects.filter(site=complete).exists()
