"""Opening data files, packed or not, and reading their rows without losing what they said."""

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TextIO

from config.importing.records import SourceError

# EOFError: a gzip file that was cut off; the others: one that was damaged.
UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile)
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


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, plain, gzipped or zipped, for its octets."""
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.open(path, "rb"))
    return _only_member(path) if path.suffix == ".zip" else path.open("rb")


def open_text(path: Path, *, encoding: str = "utf-8-sig") -> TextIO:
    """Open a text file, plain, gzipped or zipped; bytes that are not text survive as surrogates."""
    stream = open_bytes(path)
    return io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")


def _only_member(path: Path) -> IO[bytes]:
    """Open the one file in an archive; raises SourceError when there are none or several."""
    with zipfile.ZipFile(path) as archive:
        names = [each.filename for each in archive.infolist() if not each.is_dir()]
        if len(names) != 1:
            raise SourceError(f"{path.name} holds {len(names)} files; zip one by itself")
        return archive.open(names[0])


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
    except UNREADABLE as error:
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
