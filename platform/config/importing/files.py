"""Opening data files, plain or gzipped, and reading their rows without losing what they said."""

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from config.importing.records import SourceError

MAX_LINES = 1_000  # of one quoted row; more is a quotation mark that was never closed


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells, the file's name, its first line there, and the text as it was written."""

    cells: list[str]
    file: str
    line: int
    raw: str
    problem: str = ""


@dataclass
class _Lines:
    """Lines of a file that remembers those of the current row."""

    stream: TextIO
    number: int = 0
    kept: list[str] = field(default_factory=list)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self.stream)
        self.number += 1
        self.kept.append(line)
        if len(self.kept) > MAX_LINES:
            raise csv.Error("a quotation mark was never closed")
        return line

    def take(self) -> tuple[int, str]:
        """Return the first line's number and the text of the current row, and begin the next."""
        first, raw = self.number - len(self.kept) + 1, "".join(self.kept)
        self.kept.clear()
        return first, raw.rstrip("\r\n")


def open_text(path: Path, *, encoding: str = "utf-8-sig") -> TextIO:
    """Open a plain or gzipped text file; bytes that are not text survive as surrogates."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, errors="surrogateescape", newline="")
    return path.open(encoding=encoding, errors="surrogateescape", newline="")


def read_rows(
    path: Path, *, delimiter: str = ",", quoted: bool = True, encoding: str = "utf-8-sig"
) -> Iterator[Row]:
    """Yield every row that is not blank; one that cannot be read carries its `problem`."""
    try:
        with open_text(path, encoding=encoding) as stream:
            lines = _Lines(stream)
            reader = (
                csv.reader(lines, delimiter=delimiter)
                if quoted
                else csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
            )
            while (row := _next_row(reader, lines, path.name)) is not None:
                if row.cells or row.problem:
                    yield row
    except (OSError, EOFError) as error:  # EOFError: a gzip file that was cut off
        raise SourceError(f"{path.name} cannot be read: {error}") from error


def _next_row(reader: Iterator[list[str]], lines: _Lines, file: str) -> Row | None:
    try:
        cells = next(reader)
    except StopIteration:
        return None
    except csv.Error:
        return Row([], file, *lines.take(), problem="unreadable")
    line, raw = lines.take()
    return Row(cells, file, line, raw, problem=text_problem(raw))


def text_problem(text: str) -> str:
    """Return why a text cannot be stored, "" when it can.

    >>> text_problem("caf\\u00e9"), text_problem("a\\0b"), text_problem("caf\\udce9")
    ('', 'nul_character', 'encoding')
    """
    if text.isascii():
        return "nul_character" if "\0" in text else ""
    if "\0" in text:
        return "nul_character"
    return "encoding" if any("\ud800" <= char <= "\udfff" for char in text) else ""


def locate(path: Path, names: Sequence[str]) -> Path:
    """Return the first of these files, plain or .gz, in a folder; a file is taken as it is.

    Raises SourceError that names what was looked for.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise SourceError(f"there is no file or folder at {path}")
    for name in names:
        for candidate in (path / name, path / f"{name}.gz"):
            if candidate.is_file():
                return candidate
    raise SourceError(f"no {' or '.join(names)} (plain or .gz) in {path}")


def require_columns(header: Row | None, wanted: Sequence[str]) -> dict[str, int]:
    """Return where each wanted column stands; raises SourceError naming those that lack."""
    names = [name.strip() for name in header.cells] if header else []
    if missing := [name for name in wanted if name not in names]:
        raise SourceError(f"the header lacks the columns {', '.join(missing)}")
    return {name: names.index(name) for name in wanted}
