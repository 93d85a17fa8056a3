"""Changing the catalogue in bulk."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from experiments.models import Site
from recommenders.models import CatalogueVersion, Item

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """An item as a shop sends it; the price is in minor units.

    `markets`: countries it is sold in, none for everywhere. `added_at`: when it became part of the
    range; None keeps what is known, and is now for a new item.
    """

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
    markets: tuple[str, ...] = ()
    added_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UpsertCount:
    """How many items a call brought and how many of them were new."""

    received: int
    created: int


UPDATED = [
    field.name for field in fields(ItemRecord) if field.name not in {"item_id", "added_at"}
] + ["updated_at"]


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
    aged = [record for record in records.values() if record.added_at]
    _write(site, aged, [*UPDATED, "added_at"])
    _write(site, [record for record in records.values() if not record.added_at], UPDATED)
    bump_catalogue(site=site)
    return len(records) - known


def _write(site: Site, records: list[ItemRecord], updated: list[str]) -> None:
    Item.objects.bulk_create(
        _rows(site, records),
        update_conflicts=True,
        unique_fields=["site", "item_id"],
        update_fields=updated,
    )


def _rows(site: Site, records: Iterable[ItemRecord]) -> Iterator[Item]:
    now = timezone.now()
    for record in records:
        lists = {"tags": list(record.tags), "markets": list(record.markets)}
        values = asdict(record) | lists | {"added_at": record.added_at or now}
        yield Item(site=site, updated_at=now, **values)


def bump_catalogue(*, site: Site) -> None:
    """Tell every serving process that this site's catalogue changed."""
    changed = CatalogueVersion.objects.filter(site=site).update(version=F("version") + 1)
    if not changed:
        CatalogueVersion.objects.get_or_create(site=site)
