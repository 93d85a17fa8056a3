"""Changing the catalogue in bulk."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from itertools import islice

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from experiments.models import Site
from recommenders.models import CatalogueVersion, Item

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """An item as a shop sends it; the price is in minor units."""

    item_id: str
    title: str
    category: str = ""
    brand: str = ""
    price: int | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    stock: int | None = None
    image_url: str = ""
    url: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class UpsertCount:
    """How many items a call brought and how many of them were new."""

    received: int
    created: int


UPDATED = [field.name for field in fields(ItemRecord) if field.name != "item_id"] + ["updated_at"]


def upsert_items(*, site: Site, items: Iterable[ItemRecord]) -> UpsertCount:
    """Create or replace items by id; the last of repeated ids wins. One transaction a batch."""
    received = created = 0
    rows = iter(items)
    while batch := list(islice(rows, BATCH)):
        received += len(batch)
        created += _upsert_batch(site, {record.item_id: record for record in batch})
    return UpsertCount(received=received, created=created)


@transaction.atomic
def _upsert_batch(site: Site, records: dict[str, ItemRecord]) -> int:
    known = Item.objects.filter(site=site, item_id__in=list(records)).count()
    Item.objects.bulk_create(
        _rows(site, records.values()),
        update_conflicts=True,
        unique_fields=["site", "item_id"],
        update_fields=UPDATED,
    )
    bump_catalogue(site=site)
    return len(records) - known


def _rows(site: Site, records: Iterable[ItemRecord]) -> Iterator[Item]:
    now = timezone.now()
    for record in records:
        values = asdict(record) | {"tags": list(record.tags)}
        yield Item(site=site, updated_at=now, **values)


def bump_catalogue(*, site: Site) -> None:
    """Tell every serving process that this site's catalogue changed."""
    changed = CatalogueVersion.objects.filter(site=site).update(version=F("version") + 1)
    if not changed:
        CatalogueVersion.objects.get_or_create(site=site)
