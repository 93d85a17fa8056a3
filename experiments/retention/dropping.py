"""Dropping what was exported: only rows that a file holds as they are, and no others.

`dropped_at` is written before the first row goes. From then on the file is the only copy of what is
no longer in the database, and a later export adds to it instead of replacing it.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from experiments.assignment.specs import Reason
from experiments.drain.lock import hold_tail_lock
from experiments.models import DroppedSlates, Event, ExportedDay, Slate
from experiments.models.event import STRANGER
from experiments.retention import files, partitions
from experiments.retention.exporting import ExportError, check_file
from experiments.retention.tables import (
    TABLES,
    Sums,
    Table,
    day_rows,
    sums_of_batch,
    sums_of_rows,
)

ROWS = 500  # in one transaction: SQLite takes 999 parameters, and nobody waits for long


def delete_day(exported: ExportedDay) -> int:
    """Delete the rows of an exported day, those that its file holds; return how many there were.

    Raises ExportError, and leaves the rows, when the file is missing or damaged, or when a row is
    not what the file says. Ended in the middle, it goes on with the next run.
    """
    check_file(exported)
    _mark_dropped(exported)
    table = TABLES[exported.table]
    deleted = 0
    for batch in files.read_batches(files.folder() / exported.file):
        for start in range(0, batch.num_rows, ROWS):
            deleted += _delete(table, exported, batch.slice(start, ROWS))
    return deleted


@transaction.atomic
def _delete(table: Table, exported: ExportedDay, batch: pa.RecordBatch) -> int:
    """Delete those of the batch's rows that are still there."""
    hold_tail_lock()  # refunds and links are written under it
    ids = batch.column("id").to_pylist()
    rows = day_rows(table, exported.site_id, exported.day).filter(id__in=ids)
    there = pa.array(rows.values_list("id", flat=True), pa.int64())
    held = batch.filter(pc.is_in(batch.column("id"), value_set=there))
    if sums_of_batch(table, held) != sums_of_rows(table, rows):
        raise ExportError(f"{exported} changed after it was exported; it is exported again")
    if table.model is Slate:
        _count_dropped(rows)
    return int(rows.delete()[0])


def _count_dropped(slates: "QuerySet[Any]") -> None:
    """Add to what reports tell of dropped slates; in the transaction that drops them."""
    counted = slates.filter(variant_id__isnull=False, reason=Reason.SPLIT.value).order_by()
    for row in counted.values("experiment_id", "phase", "variant_id").annotate(
        slates=Count("id"),
        fallbacks=Count("id", filter=~Q(fallback="")),
        n_clicked=Count("id", filter=Q(clicked=1)),
        n_strangers=Count("id", filter=Q(fallback=STRANGER)),
    ):
        key = {name: row[name] for name in ("experiment_id", "phase", "variant_id")}
        kept, _made = DroppedSlates.objects.get_or_create(**key)
        DroppedSlates.objects.filter(pk=kept.pk).update(
            slates=F("slates") + row["slates"],
            fallbacks=F("fallbacks") + row["fallbacks"],
            clicked=F("clicked") + row["n_clicked"],
            strangers=F("strangers") + row["n_strangers"],
        )


@transaction.atomic
def drop_partition(partition: partitions.Partition, exports: Mapping[int, ExportedDay]) -> bool:
    """Drop a partition whose rows, of every site, are in the files; return whether it is gone.

    `exports`: the exported days by site id. It stays when a site has rows that are in no file.
    Raises ExportError on a missing or damaged file, OperationalError when a lock is not free.
    """
    held = {site_id: _sums_of_file(exported) for site_id, exported in exports.items()}
    with connection.cursor() as cursor, partitions.short_locks(cursor):
        cursor.execute(f"LOCK TABLE {partition.name} IN SHARE ROW EXCLUSIVE MODE")
        if _sums_by_site(partition) != held:
            return False
        for exported in exports.values():
            _mark_dropped(exported)
        partitions.detach_and_drop(cursor, partition)
    return True


def drop_empty_partitions(*, before: str) -> list[str]:
    """Drop the partitions without rows whose days are all before this one; return their names."""
    return [
        partition.name
        for partition in partitions.partitions()
        if max(partition.days) < before and _drop_if_empty(partition)
    ]


@transaction.atomic
def _drop_if_empty(partition: partitions.Partition) -> bool:
    with connection.cursor() as cursor, partitions.short_locks(cursor):
        cursor.execute(f"LOCK TABLE {partition.name} IN SHARE ROW EXCLUSIVE MODE")
        if Event.objects.filter(day__in=partition.days).exists():
            return False
        partitions.detach_and_drop(cursor, partition)
    return True


def _sums_of_file(exported: ExportedDay) -> Sums:
    check_file(exported)
    return files.sums_of_file(TABLES[exported.table], files.folder() / exported.file)


def _sums_by_site(partition: partitions.Partition) -> dict[int, Sums]:
    rows = Event.objects.filter(day__in=partition.days)
    sites = rows.order_by().values_list("site_id", flat=True).distinct()
    return {
        site_id: sums_of_rows(TABLES["events"], rows.filter(site_id=site_id)) for site_id in sites
    }


def _mark_dropped(exported: ExportedDay) -> None:
    exported.dropped_at = exported.dropped_at or timezone.now()
    exported.save(update_fields=["dropped_at"])
