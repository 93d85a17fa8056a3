"""A unit in exported days: Parquet files, read and rewritten one by one."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from experiments.models import ExportedDay
from experiments.retention.files import folder, read_batches, write_batches
from experiments.subjects.subject import Subject


def exported_rows_of(subject: Subject) -> Iterator[dict[str, Any]]:
    """Yield the unit's rows of exported days, each with its table and day."""
    for day, path in _files(subject):
        for batch in read_batches(path) if _holds(path, subject) else ():
            mine = batch.filter(_is_mine(batch, subject)).to_pylist()
            yield from ({"table": day.table, "day": day.day, **row} for row in mine)


def erase_exported(subject: Subject) -> Counter[str]:
    """Rewrite the exported days that hold the unit without it, each at once or not at all."""
    removed: Counter[str] = Counter()
    for day, path in _files(subject):
        if _holds(path, subject):
            removed["exports"] += _rewrite(day, path, subject)
    return removed


def _files(subject: Subject) -> Iterator[tuple[ExportedDay, Path]]:
    for day in ExportedDay.objects.filter(site=subject.site).order_by("pk"):
        path = folder() / day.file
        if path.exists():
            yield day, path


def _holds(path: Path, subject: Subject) -> bool:
    """Return whether a file holds the unit; reads the columns of ids alone."""
    columns = [name for name in pq.read_schema(path).names if name in _columns(subject)]
    with pq.ParquetFile(path) as file:
        batches = file.iter_batches(columns=columns)
        return any(pc.any(_is_mine(batch, subject)).as_py() for batch in batches)


def _columns(subject: Subject) -> tuple[str, ...]:
    return (subject.column, "unit_id")


def _is_mine(batch: pa.RecordBatch, subject: Subject) -> pa.Array:
    """Return which rows are the unit's: those with its id in a column of ids."""
    mine = pa.repeat(pa.scalar(False), batch.num_rows)
    for name in _columns(subject):
        if name in batch.schema.names:
            column = batch.column(name)
            found = pc.is_in(column, value_set=pa.array([subject.unit_id], column.type))
            mine = pc.or_(mine, found)
    return mine


def _rewrite(day: ExportedDay, path: Path, subject: Subject) -> int:
    """Write a day anew; whoever finds the file before the record takes it over by what it says."""
    before = pq.ParquetFile(path).metadata.num_rows
    kept = (batch.filter(pc.invert(_is_mine(batch, subject))) for batch in read_batches(path))
    sha256 = write_batches(path, pq.read_schema(path), kept, replaces=day.sha256)
    n_rows = pq.ParquetFile(path).metadata.num_rows
    ExportedDay.objects.filter(pk=day.pk).update(n_rows=n_rows, sha256=sha256)
    return int(before - n_rows)
