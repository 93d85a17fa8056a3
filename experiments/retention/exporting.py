"""Writing a site's day to its Parquet file; a day that changed is written anew, whole."""

import logging
from collections.abc import Iterator
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc
from django.utils import timezone

from experiments.errors import ArmatureError
from experiments.models import ExportedDay, Site
from experiments.retention import files
from experiments.retention.tables import TABLES, Sums, Table, batch_of, day_rows, sums_of_rows

log = logging.getLogger(__name__)


class ExportError(ArmatureError):
    """An exported day that cannot be trusted: its rows stay where they are."""

    code = "export_failed"


def export_day(table: Table, site: Site, day: str) -> ExportedDay:
    """Write a site's day to its file, and put on record what was written; return the record.

    Of a day that was dropped before, what the file holds is kept and what came since is added.
    Raises ExportError when the file of a dropped day is missing or not as it was written.
    """
    known = ExportedDay.objects.filter(site=site, table=table.name, day=day).first()
    where = files.path_of(table, site.slug, day)
    path = files.folder() / where
    batches = _batches_of(table, site, day)
    if known is not None and known.dropped_at is not None:
        check_file(known)
        batches = _with_dropped(table, site, day, batches)
    replaces = known.sha256 if known else ""
    digest = files.write_batches(path, table.schema, batches, replaces=replaces)
    values = {
        "n_rows": files.sums_of_file(table, path)["rows"],
        "file": where,
        "sha256": digest,
        "exported_at": timezone.now(),
    }
    row, _made = ExportedDay.objects.update_or_create(
        site=site, table=table.name, day=day, defaults=values
    )
    log.info("day exported table=%s site=%d day=%s rows=%d", table.name, site.pk, day, row.n_rows)
    return row


def check_file(exported: ExportedDay) -> None:
    """Raise ExportError unless the file of an exported day is there as it was written.

    A file that was written to replace the one on record is taken over: its writer ended before it
    could put it on record.
    """
    path = files.folder() / exported.file
    if not path.is_file():
        raise ExportError(f"the file of an exported day is missing: {path}; restore it first")
    digest = files.sha256_of(path)
    if digest == exported.sha256:
        return
    if files.replaced_by(path) != exported.sha256:
        raise ExportError(f"the file of an exported day was changed: {path}; restore it first")
    exported.sha256 = digest
    exported.n_rows = files.sums_of_file(TABLES[exported.table], path)["rows"]
    exported.save(update_fields=["sha256", "n_rows"])


def is_current(table: Table, exported: ExportedDay, rows: Sums) -> bool:
    """Return whether an exported day's file holds as many rows, with the same sums, as given."""
    return files.sums_of_file(table, files.folder() / exported.file) == rows


def sums_of_day(table: Table, site: Site, day: str) -> Sums:
    """Return the count and the folded sums of a site's day in the database."""
    return sums_of_rows(table, day_rows(table, site.pk, day))


def _batches_of(table: Table, site: Site, day: str) -> Iterator[pa.RecordBatch]:
    names = [field.attname for field in table.fields]
    rows = day_rows(table, site.pk, day).order_by("id").values_list(*names)
    found = rows.iterator(chunk_size=files.ROWS)
    while chunk := list(islice(found, files.ROWS)):
        yield batch_of(table, chunk)


def _with_dropped(
    table: Table, site: Site, day: str, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Yield what the day's file holds and the database does not, then the database's rows."""
    ids = pa.array(day_rows(table, site.pk, day).values_list("id", flat=True), pa.int64())
    path = files.folder() / files.path_of(table, site.slug, day)
    for batch in files.read_batches(path):
        kept = batch.filter(pc.invert(pc.is_in(batch.column("id"), value_set=ids)))
        yield from _as_now(table, kept)
    yield from batches


def _as_now(table: Table, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Yield a batch of an older file with the columns of today; those it lacks are empty."""
    if not batch.num_rows:
        return
    names = set(batch.schema.names)
    yield pa.RecordBatch.from_arrays(
        [
            batch.column(field.name).cast(field.type)
            if field.name in names
            else pa.nulls(batch.num_rows, field.type)
            for field in table.schema
        ],
        schema=table.schema,
    )
