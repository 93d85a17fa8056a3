"""Changing the catalogue in bulk."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from msgspec import UNSET, UnsetType

from experiments.models import Site
from recommenders.models import CatalogueVersion, Item

BATCH = 2_000
CHANGE_BATCH = 250  # each row of a batch makes its statement longer


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
class ItemChange:
    """What changes of an item; what is unset stays. A stock of None is not counted."""

    item_id: str
    price: int | UnsetType | None = UNSET
    stock: int | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET

    def apply(self, row: Item) -> None:
        """Change a row, without saving it."""
        for name in CHANGEABLE:
            if (value := getattr(self, name)) is not UNSET:
                setattr(row, name, value)


@dataclass(frozen=True, slots=True)
class UpsertCount:
    """How many items a call brought and how many of them were new."""

    received: int = 0
    created: int = 0

    def __add__(self, other: "UpsertCount") -> "UpsertCount":
        """Return the sum of two counts."""
        return UpsertCount(self.received + other.received, self.created + other.created)


CHANGEABLE = ("price", "stock", "is_active")


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


@transaction.atomic
def change_items(*, site: Site, changes: Sequence[ItemChange]) -> frozenset[str]:
    """Change items by id, the last word on each counting; return the ids that do not exist."""
    wanted = {change.item_id for change in changes}
    found = Item.objects.select_for_update().filter(site=site, item_id__in=wanted)
    rows = {row.item_id: row for row in found.order_by("id")}
    for change in changes:
        if row := rows.get(change.item_id):
            change.apply(row)
            row.updated_at = timezone.now()
    Item.objects.bulk_update(rows.values(), [*CHANGEABLE, "updated_at"], batch_size=CHANGE_BATCH)
    if rows:
        bump_catalogue(site=site)
    return frozenset(wanted - set(rows))


def absent_items(*, site: Site, present: Collection[str]) -> list[int]:
    """Return the keys of the site's active items whose ids are not among those present."""
    active = Item.objects.filter(site=site, is_active=True).values_list("pk", "item_id")
    return [pk for pk, item_id in active.iterator(chunk_size=BATCH) if item_id not in present]


@transaction.atomic
def deactivate_items(*, site: Site, keys: Sequence[int]) -> int:
    """Take items out of every list; return how many were active until now."""
    changed = 0
    for start in range(0, len(keys), BATCH):
        rows = Item.objects.filter(site=site, is_active=True, pk__in=keys[start : start + BATCH])
        changed += rows.update(is_active=False, updated_at=timezone.now())
    if changed:
        bump_catalogue(site=site)
    return changed


def bump_catalogue(*, site: Site) -> None:
    """Tell every serving process that this site's catalogue changed."""
    changed = CatalogueVersion.objects.filter(site=site).update(version=F("version") + 1)
    if not changed:
        CatalogueVersion.objects.get_or_create(site=site)
