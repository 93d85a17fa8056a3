"""Records as CSV, JSON lines or Parquet, a few thousand in memory at once."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from config.exporting.records import EXPORTED, INTEGERS, JSON_FIELDS, TIMES
from config.importing.cells import guarded

GROUP = 20_000  # rows of a Parquet row group

Records = Iterable[dict[str, Any]]


def write_csv(path: Path, table: str, records: Records) -> None:
    """Write a header and a row per record, every cell quoted, no text a formula."""
    names = list(EXPORTED[table].columns)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(names)
        for record in records:
            writer.writerow([_cell(record[name]) for name in names])


def write_jsonl(path: Path, table: str, records: Records) -> None:
    """Write a JSON object per record, without what is absent."""
    with path.open("w", encoding="utf-8") as stream:
        for record in records:
            held = {name: _iso(value) for name, value in record.items() if value is not None}
            stream.write(json.dumps(held, ensure_ascii=False) + "\n")


def write_parquet(path: Path, table: str, records: Records) -> None:
    """Write typed columns: UTC times in microseconds, integers, text; what is nested as JSON."""
    schema = pa.schema([(name, _type_of(name)) for name in EXPORTED[table].columns])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _groups(records):
            rows = [{name: _nested(name, value) for name, value in one.items()} for one in group]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


WRITERS: dict[str, Callable[[Path, str, Records], None]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}


def _cell(value: Any) -> Any:
    """Return a value for a cell: numbers stay numbers, text is guarded, nested values are JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return guarded(value) if isinstance(value, str) else _iso(value)


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _nested(name: str, value: Any) -> Any:
    is_nested = name in JSON_FIELDS and value is not None
    return json.dumps(value, ensure_ascii=False) if is_nested else value


def _type_of(name: str) -> pa.DataType:
    if name in TIMES:
        return pa.timestamp("us", tz="UTC")
    if name in INTEGERS:
        return pa.int64()
    return pa.bool_() if name == "is_verified" else pa.string()


def _groups(records: Records) -> Iterator[Sequence[dict[str, Any]]]:
    found = iter(records)
    while group := list(islice(found, GROUP)):
        yield group
