"""A unit in exported days: Parquet files, read and rewritten one by one."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from experiments.models import ExportedDay
from experiments.subjects.subject import Subject


def exported_rows_of(subject: Subject) -> Iterator[dict[str, Any]]:
    """Yield the unit's rows of exported days, each with its table and day."""
    for day, path in _files(subject):
        if _holds(path, subject):
            table = pq.read_table(path)
            mine = table.filter(_is_mine(table, subject))
            yield from ({"table": day.table, "day": day.day, **row} for row in mine.to_pylist())


def erase_exported(subject: Subject) -> Counter[str]:
    """Rewrite the exported days that hold the unit without it, each at once or not at all."""
    removed: Counter[str] = Counter()
    for day, path in _files(subject):
        if _holds(path, subject):
            removed["exports"] += _rewrite(day, path, subject)
    return removed


def _files(subject: Subject) -> Iterator[tuple[ExportedDay, Path]]:
    folder = Path(settings.DATA_DIR) / "exports"
    for day in ExportedDay.objects.filter(site=subject.site).order_by("pk"):
        path = folder / day.file
        if path.exists():
            yield day, path


def _holds(path: Path, subject: Subject) -> bool:
    """Return whether a file holds the unit; reads the columns of ids alone."""
    columns = [name for name in pq.read_schema(path).names if name in _columns(subject)]
    return bool(pc.any(_is_mine(pq.read_table(path, columns=columns), subject)).as_py())


def _columns(subject: Subject) -> tuple[str, ...]:
    return (subject.column, "unit_id")


def _is_mine(table: pa.Table, subject: Subject) -> pa.ChunkedArray:
    """Return which rows are the unit's: those with its id in a column of ids."""
    mine = pa.chunked_array([pa.repeat(pa.scalar(False), table.num_rows)])
    for name in _columns(subject):
        if name in table.column_names:
            found = pc.is_in(table[name], value_set=pa.array([subject.unit_id], table[name].type))
            mine = pc.or_(mine, found)
    return mine


def _rewrite(day: ExportedDay, path: Path, subject: Subject) -> int:
    table = pq.read_table(path)
    kept = table.filter(pc.invert(_is_mine(table, subject)))
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(kept, temporary, compression="zstd")
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    temporary.replace(path)
    ExportedDay.objects.filter(pk=day.pk).update(n_rows=kept.num_rows, sha256=sha256)
    return int(table.num_rows - kept.num_rows)
