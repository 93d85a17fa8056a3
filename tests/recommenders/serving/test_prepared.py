"""Lists made ahead: the same as live ones, of their artifact only, and filtered as ever."""

from datetime import timedelta
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from experiments.clock import microseconds
from experiments.models import Event, Site
from recommenders.catalogue import ItemRecord, upsert_items
from recommenders.models import Artifact
from recommenders.services.preparing import prepare_lists
from recommenders.serving.prepared import DEPTH, folder_of, prepared_of
from recommenders.subjects import erase_unit
from tests.recommenders.shop import a_shop, ask, ids_of, retrained, sell_out

pytestmark = pytest.mark.django_db
ITEM_KNN = {"recommender": "item_knn"}


@pytest.fixture
def shop() -> tuple[Site, Artifact]:
    """Return a shop and its artifact; v-1 and v-2 were active in the last month."""
    site, made = a_shop("popularity", "item_knn")
    Event.objects.filter(site=site).update(ts_us=1)
    lately = microseconds(timezone.now() - timedelta(days=3))
    Event.objects.filter(site=site, visitor_id__in=["v-1", "v-2"]).update(ts_us=lately)
    return site, made["item_knn"]


def test_lists__made_ahead__are_those_of_live_scores(shop: tuple[Site, Artifact]) -> None:
    site, artifact = shop
    live = {visitor: ask(site, ITEM_KNN, visitor=visitor) for visitor in ("v-1", "v-2", "v-5")}

    made = prepare_lists(site=site, key="item_knn", days=30)

    upsert_items(site=site, items=[ItemRecord("sku-11", "Item 11")])  # another view looks anew
    found = {visitor: ask(site, ITEM_KNN, visitor=visitor) for visitor in live}
    assert made.n_units == 2
    assert made.artifact == artifact.full_name
    assert {v: ids_of(each) for v, each in found.items()} == {
        v: ids_of(each) for v, each in live.items()
    }


def test_lists__made_ahead__answer_without_scores(shop: tuple[Site, Artifact]) -> None:
    site, artifact = shop
    prepare_lists(site=site, key="item_knn", days=30)
    folder = folder_of(artifact.sha256)
    items = np.load(folder / "items.npy")
    items[:, 0] = sorted(f"sku-{n}" for n in range(12)).index("sku-11")  # shows where it comes from
    np.save(folder / "items.npy", items)

    assert ids_of(ask(site, ITEM_KNN, visitor="v-1", k=1)) == ["sku-11"]
    assert ids_of(ask(site, ITEM_KNN, visitor="v-5", k=1)) != ["sku-11"]
    sell_out(site, "sku-11")
    assert "sku-11" not in ids_of(ask(site, ITEM_KNN, visitor="v-1"))


def test_lists__of_an_artifact_that_is_no_longer_champion__are_not_used(
    shop: tuple[Site, Artifact],
) -> None:
    site, artifact = shop
    prepare_lists(site=site, key="item_knn", days=30)
    newer = retrained(site, "item_knn")

    assert prepared_of(artifact.sha256, n_items=12) is not None
    assert prepared_of(newer.sha256, n_items=12) is None


@pytest.mark.parametrize("damage", ["cut", "beyond", "gone"])
def test_lists__damaged__are_as_good_as_none(shop: tuple[Site, Artifact], damage: str) -> None:
    site, artifact = shop
    prepare_lists(site=site, key="item_knn", days=30)
    file = folder_of(artifact.sha256) / "items.npy"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-8])
    elif damage == "beyond":
        np.save(file, np.full((2, DEPTH), 12, np.int32))
    else:
        file.unlink()

    assert prepared_of(artifact.sha256, n_items=12) is None
    assert ask(site, ITEM_KNN, visitor="v-1").fallback in ("", "refilled")


def test_erased_unit__leaves_no_list_behind(shop: tuple[Site, Artifact]) -> None:
    site, artifact = shop
    prepare_lists(site=site, key="item_knn", days=30)

    erase_unit(site.pk, "visitor", "v-1")

    assert not folder_of(artifact.sha256).exists()


def test_command__says_for_how_many_or_what_is_wrong(shop: tuple[Site, Artifact]) -> None:
    site, artifact = shop
    out = StringIO()

    call_command("prepare_lists", site.slug, "item_knn", days=30, stdout=out)

    assert out.getvalue() == f"lists of 2 units by {artifact.full_name}\n"
    with pytest.raises(CommandError, match="there is no site 'nowhere'; there are: shop"):
        call_command("prepare_lists", "nowhere", "item_knn")
    with pytest.raises(CommandError, match="ease of shop has no champion"):
        call_command("prepare_lists", site.slug, "ease")
    with pytest.raises(CommandError, match="--days must be at least 1; it is 0"):
        call_command("prepare_lists", site.slug, "item_knn", days=0)
