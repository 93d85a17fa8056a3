"""What may be on a list: in stock, not in the cart, k items while there are as many."""

import sys
import threading
from collections.abc import Callable

import pytest

from recommenders import loaded, state
from recommenders.catalogue import ItemRecord, bump_catalogue, upsert_items
from recommenders.loaded import Loaded
from recommenders.models import Item
from tests.recommenders.shop import DAMAGES, a_shop, ask, ids_of, sell_out

pytestmark = pytest.mark.django_db


def test_list__sold_out_item__is_replaced_by_the_next() -> None:
    site, _made = a_shop("popularity")
    assert ids_of(ask(site, k=3)) == ["sku-0", "sku-1", "sku-2"]

    sell_out(site, "sku-1")

    served = ask(site, k=3)
    assert (ids_of(served), served.fallback) == (["sku-0", "sku-2", "sku-3"], "")


def test_list__inactive_item__is_not_on_it_and_comes_back() -> None:
    site, _made = a_shop("popularity")
    Item.objects.filter(item_id="sku-0").update(is_active=False)
    bump_catalogue(site=site)
    without = ids_of(ask(site, k=2))
    Item.objects.filter(item_id="sku-0").update(is_active=True)
    bump_catalogue(site=site)

    assert without == ["sku-1", "sku-2"]
    assert ids_of(ask(site, k=2)) == ["sku-0", "sku-1"]


def test_list__excluded_items__are_not_on_it() -> None:
    site, _made = a_shop("popularity")

    served = ask(site, k=3, excluded=frozenset({"sku-0", "sku-2", "never-heard-of"}))

    assert (ids_of(served), served.fallback) == (["sku-1", "sku-3", "sku-4"], "")


def test_list__longer_than_what_the_artifact_knows__is_filled_from_the_catalogue() -> None:
    site, made = a_shop("popularity")
    upsert_items(site=site, items=[ItemRecord(f"new-{n}", "New", "fresh", "", 7) for n in (1, 2)])

    served = ask(site, k=14, excluded=frozenset({"sku-0"}))

    assert (served.artifact, served.fallback) == (made["popularity"].full_name, "refilled")
    assert len(set(ids_of(served))) == 13
    assert ids_of(served)[-2:] == ["new-2", "new-1"]
    last = served.items[-1]
    assert (last.score, last.category, last.price, last.propensity) == (None, "fresh", 7, 1.0)


def test_list__longer_than_the_shelf__holds_the_whole_shelf() -> None:
    site, _made = a_shop("popularity")

    served = ask(site, k=100)

    assert (len(set(ids_of(served))), served.fallback) == (12, "")


def test_list__all_known_items_excluded__is_filled_and_says_so() -> None:
    site, _made = a_shop("popularity")
    upsert_items(site=site, items=[ItemRecord("new-1", "New")])

    served = ask(site, k=3, excluded=frozenset(f"sku-{n}" for n in range(12)))

    assert (ids_of(served), served.fallback) == (["new-1"], "no_items_left")


def test_item__on_a_list__carries_what_reports_need() -> None:
    site, _made = a_shop("popularity")

    first = ask(site, k=1).items[0]

    assert (first.item_id, first.category, first.price) == ("sku-0", "category-0", 500)
    assert first.score is not None
    assert first.propensity == 1.0


def in_threads(*works: Callable[[], object]) -> None:
    """Run functions in threads that take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(usual)


def test_artifact__asked_by_many_threads__is_opened_once() -> None:
    site, made = a_shop("random")
    spec = state.current().artifacts[site.pk, made["random"].full_name]
    found: list[Loaded] = []

    in_threads(*[lambda: found.append(loaded.cache.get(site.pk, spec))] * 8)

    assert len(found) == 8
    assert all(each is found[0] for each in found)


def test_damaged_artifact__asked_again__is_not_read_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site, made = a_shop("popularity", "random")
    DAMAGES["array truncated"][0](made["random"])

    answers = [ask(site, {"recommender": "random"}) for _ in range(3)]

    assert {answer.fallback for answer in answers} == {"artifact_damaged"}
    assert caplog.text.count("artifact not loaded") == 1
