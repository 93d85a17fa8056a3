"""Parquet files of exported days: written whole or not at all, and read back to be compared."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from experiments.disk import sync
from experiments.retention.tables import Sums, Table, added, sums_of_batch

ROWS = 5_000  # in memory at once, and in one batch that is read
GROUP = 50_000  # rows of a row group: readers skip whole groups
CHUNK = 1 << 20
REPLACES = b"armature.replaces"


def folder() -> Path:
    """Return the folder of exports."""
    return Path(settings.DATA_DIR) / "exports"


def path_of(table: Table, slug: str, day: str) -> str:
    """Return where a site's day is kept, under the folder of exports."""
    return f"{table.name}/site={slug}/day={day}/part-0.parquet"


def write_batches(
    path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch], *, replaces: str = ""
) -> str:
    """Write a file beside its place, sync it, and put it there; return its SHA-256.

    A crash leaves the file that was there before, or none. `replaces`: the SHA-256 of that one.
    """
    schema = schema.with_metadata({REPLACES: replaces})
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with pq.ParquetWriter(beside, schema, compression="zstd") as writer:
            for group in _groups(batches):
                table = pa.Table.from_batches(group).replace_schema_metadata(schema.metadata)
                writer.write_table(table, row_group_size=GROUP)
        sync(beside)
        digest = sha256_of(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    sync(path.parent)
    return digest


def read_batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield a file's rows, a few thousand at a time, with all columns or those that are named."""
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=ROWS, columns=columns)


def replaced_by(path: Path) -> str:
    """Return the SHA-256 of the file that this one was written to replace, "" for none."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return ""
    return str(metadata.get(REPLACES, b"").decode())


def sums_of_file(table: Table, path: Path) -> Sums:
    """Return the count and the folded sums of what a file holds."""
    names = (*table.summed, *table.flagged)
    sums: Sums = {"rows": 0, **{f"sum_{name}": 0 for name in names}}
    for batch in read_batches(path, names):
        sums = added(sums, sums_of_batch(table, batch))
    return sums


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Yield batches together until they fill a row group."""
    group: list[pa.RecordBatch] = []
    for batch in batches:
        group.append(batch)
        if sum(each.num_rows for each in group) >= GROUP:
            yield group
            group = []
    if group:
        yield group
