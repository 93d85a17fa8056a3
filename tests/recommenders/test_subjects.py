"""A unit that is erased leaves no row of its own in artifacts."""

import numpy as np
import pytest

from recommenders.artifacts import Artifact, load_artifact
from recommenders.models import Artifact as ArtifactRow
from recommenders.models import Recommender
from recommenders.subjects import erase_unit, read_unit
from tests.factories import trained
from tests.recommenders.shop import a_shop, folder_of

pytestmark = pytest.mark.django_db


def _open(row: ArtifactRow) -> Artifact:
    row.refresh_from_db()
    return load_artifact(folder_of(row), sha256=row.sha256)


def _bought(artifact: Artifact, place: int) -> list[str]:
    begin, end = artifact.extras["bought.indptr"][place : place + 2]
    return [artifact.item_ids[item] for item in artifact.extras["bought.indices"][begin:end]]


def test_erasure__unit_in_an_artifact__takes_its_purchases_and_history() -> None:
    site, rows = a_shop("item_knn")
    before = _open(rows["item_knn"])
    place, other = before.unit_index("v-3"), before.unit_index("v-4")
    told = read_unit(site.pk, "visitor", "v-3")["artifacts"][0]["learnt"]

    erase_unit(site.pk, "visitor", "v-3")

    after = _open(rows["item_knn"])
    assert len(told["extra.bought.indices"]) == 4
    assert (before.unit_index("v-3"), after.unit_index("v-3")) == (place, -1)
    assert _bought(before, place) == ["sku-0", "sku-1", "sku-2", "sku-3"]
    assert set(_bought(after, place)) == {"sku-0"}  # zeros, which say nothing of anybody
    assert _bought(after, other) == _bought(before, other)


def test_erasure__unit_of_a_hybrid__takes_what_every_base_holds() -> None:
    site, _rows = a_shop()
    Recommender.objects.create(
        site=site, key="two", algorithm="hybrid", settings={"bases": "popularity,item_knn"}
    )
    (row,) = trained(site, "two")
    before = read_unit(site.pk, "visitor", "v-3")["artifacts"][0]["learnt"]

    erase_unit(site.pk, "visitor", "v-3")

    assert any(before["state.item_knn.history_data"])
    assert read_unit(site.pk, "visitor", "v-3") == {"artifacts": []}
    arrays = {
        path.stem: np.load(path) for path in folder_of(_refreshed(row)).glob("*history_*.npy")
    }
    begin, end = arrays["state.item_knn.history_indptr"][3:5]
    assert not arrays["state.item_knn.history_indices"][begin:end].any()
    assert not arrays["state.item_knn.history_data"][begin:end].any()


def _refreshed(row: ArtifactRow) -> ArtifactRow:
    row.refresh_from_db()
    return row
