"""Changing items in bulk."""

import pytest

from experiments.models import Site
from recommenders import state
from recommenders.catalogue import BATCH, ItemRecord, UpsertCount, upsert_items
from recommenders.models import CatalogueVersion, Item
from tests.factories import a_site

pytestmark = pytest.mark.django_db


def version_of(site: Site) -> int:
    return CatalogueVersion.objects.get(site=site).version


def test_upsert__new_items__are_created_with_every_field() -> None:
    site = a_site()
    record = ItemRecord(
        item_id="sku-1",
        title="Lamp",
        category="light",
        brand="Lux",
        price=1999,
        description="Shines.",
        tags=("a", "b"),
        stock=3,
        image_url="https://shop.example/1.png",
        url="https://shop.example/1",
    )

    count = upsert_items(site=site, items=[record])

    assert count == UpsertCount(received=1, created=1)
    row = Item.objects.get()
    kept = ("site_id", "item_id", "title", "category", "brand", "price", "description", "stock")
    assert [getattr(row, name) for name in kept] == [
        site.pk, "sku-1", "Lamp", "light", "Lux", 1999, "Shines.", 3
    ]  # fmt: skip
    assert (row.tags, row.is_active) == (["a", "b"], True)
    assert (row.image_url, row.url) == (record.image_url, record.url)


def test_upsert__known_item__is_replaced_and_keeps_its_row() -> None:
    site = a_site()
    upsert_items(site=site, items=[ItemRecord("sku-1", "Lamp", price=5, stock=2)])
    before = Item.objects.get()

    count = upsert_items(site=site, items=[ItemRecord("sku-1", "Lantern", is_active=False)])

    row = Item.objects.get()
    assert count == UpsertCount(received=1, created=0)
    assert (row.pk, row.title, row.price, row.stock) == (before.pk, "Lantern", None, None)
    assert not row.is_active
    assert row.updated_at > before.updated_at


def test_upsert__id_twice_in_one_call__the_last_wins() -> None:
    site = a_site()

    count = upsert_items(site=site, items=[ItemRecord("a", "First"), ItemRecord("a", "Last")])

    assert count == UpsertCount(received=2, created=1)
    assert Item.objects.get().title == "Last"


def test_upsert__same_id_in_two_sites__are_two_items() -> None:
    for slug in ("one", "two"):
        upsert_items(site=a_site(slug), items=[ItemRecord("a", slug)])

    assert dict(Item.objects.values_list("site__slug", "title")) == {"one": "one", "two": "two"}


def test_upsert__more_than_a_batch__creates_all() -> None:
    site = a_site()
    records = (ItemRecord(f"sku-{number}", "x") for number in range(BATCH + 5))

    count = upsert_items(site=site, items=records)

    assert count == UpsertCount(received=BATCH + 5, created=BATCH + 5)
    assert Item.objects.count() == BATCH + 5


def test_upsert__any_change__is_seen_by_serving() -> None:
    site = a_site()
    upsert_items(site=site, items=[ItemRecord("a", "A", stock=1), ItemRecord("b", "B", stock=0)])
    before, first = version_of(site), list(state.current().shelves[site.pk].items)

    upsert_items(site=site, items=[ItemRecord("b", "B"), ItemRecord("c", "C")])

    assert first == ["a"]
    assert version_of(site) == before + 1
    assert list(state.current().shelves[site.pk].items) == ["c", "b", "a"]


def test_upsert__nothing__changes_nothing() -> None:
    site = a_site()
    upsert_items(site=site, items=[ItemRecord("a", "A")])
    before = version_of(site)

    assert upsert_items(site=site, items=[]) == UpsertCount(received=0, created=0)
    assert version_of(site) == before
