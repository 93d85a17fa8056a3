"""The three kinds of native file as rows of named cells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pyarrow.parquet

from config.importing.files import UNREADABLE, open_text, read_rows, text_problem
from config.importing.records import SourceError

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
FORMS = ("csv", "jsonl", "parquet")
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class NativeRow:
    """One row: its cells by field name, where it stands, and its text for the rejects file."""

    cells: Mapping[str, Any]
    file: str
    line: int
    raw: str
    problem: str = ""


def form_of(path: Path) -> str:
    """Return the form that a file's name tells: csv, jsonl or parquet; raises SourceError."""
    name = path.name.removesuffix(".gz").removesuffix(".zip")
    form = name.rpartition(".")[2]
    if form not in FORMS or (form == "parquet" and name != path.name):
        raise SourceError(f"{path.name} ends in none of {', '.join(SUFFIXES)}")
    return form


def read_table(
    path: Path, form: str = "", *, delimiter: str = ",", needs_names: bool = True
) -> Iterator[NativeRow]:
    """Yield the rows of a CSV, JSON lines or Parquet file; raises SourceError on other files.

    `form`: one of FORMS, where the file's name does not tell it. Of CSV, `delimiter` stands between
    cells; without `needs_names` columns whose header is empty are read over.
    """
    if (form := form or form_of(path)) == "csv":
        return _csv_rows(path, delimiter, needs_names=needs_names)
    return _json_rows(path) if form == "jsonl" else _parquet_rows(path)


def _csv_rows(path: Path, delimiter: str, *, needs_names: bool) -> Iterator[NativeRow]:
    rows = read_rows(path, delimiter=delimiter)
    header = next(rows, None)
    names = [name.strip() for name in header.cells] if header else []
    named = [name for name in names if name]
    if len(set(named)) < len(named) or (needs_names and len(named) < len(names)):
        raise SourceError(f"{path.name} has a column without a name, or two of one name")
    for row in rows:
        problem = row.problem or ("" if len(row.cells) == len(names) else "columns")
        cells = {} if problem else dict(zip(names, row.cells, strict=True))
        cells.pop("", None)
        yield NativeRow(cells, row.file, row.line, row.raw, problem)


def _json_rows(path: Path) -> Iterator[NativeRow]:
    try:
        with open_text(path) as stream:
            for line, text in enumerate(stream, start=1):
                if raw := text.strip():
                    yield _json_row(raw, path.name, line)
    except UNREADABLE as error:
        raise SourceError(f"{path.name} cannot be read: {error}") from error


def _json_row(raw: str, file: str, line: int) -> NativeRow:
    if problem := text_problem(raw) or ("nul_character" if "\\u0000" in raw else ""):
        return NativeRow({}, file, line, raw, problem)
    try:
        cells = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return NativeRow({}, file, line, raw, "invalid_json")
    if not isinstance(cells, dict):
        return NativeRow({}, file, line, raw, "not_an_object")
    return NativeRow(cells, file, line, raw)


def _parquet_rows(path: Path) -> Iterator[NativeRow]:
    """Yield rows counted from 1; a row's text is its JSON."""
    try:
        table = pyarrow.parquet.ParquetFile(path)
        line = 0
        for batch in table.iter_batches(batch_size=BATCH):
            for cells in batch.to_pylist(maps_as_pydicts="strict"):
                line += 1
                yield _parquet_row(_without_absent(cells), path.name, line)
    except (OSError, pyarrow.ArrowException) as error:
        raise SourceError(f"{path.name} cannot be read: {error}") from error


def _parquet_row(cells: dict[str, Any], file: str, line: int) -> NativeRow:
    raw = msgspec.json.encode(cells, enc_hook=str).decode()
    return NativeRow(cells, file, line, raw, "nul_character" if "\\u0000" in raw else "")


def _without_absent(value: Any) -> Any:
    """Return a value without the empty fields that columns of structs are full of."""
    if isinstance(value, dict):
        return {key: _without_absent(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_absent(one) for one in value]
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
