"""Rows that were refused, and the file in which they wait for whoever mends them."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from config.importing.native_files import NativeRow

KEPT_ROW = 4096  # characters of a refused row that the rejects file keeps


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is no event of this site: where it stands, why, and what was given."""

    file: str
    line: int
    code: str
    field: str
    given: Any
    row: str

    @property
    def reason(self) -> str:
        """Return code and field in one, as they are counted."""
        return f"{self.code}:{self.field}" if self.field else self.code


def refused_row(row: NativeRow, cells: Mapping[str, Any], code: str, name: str) -> RefusedRow:
    """Return the refusal of a row; `cells`: by field, of which what was given is taken."""
    given = cells.get(name) if name else None
    for part in (name.partition(".")[2], name.partition(".")[0], name.partition("[")[0]):
        given = cells.get(part) if given is None else given
    return RefusedRow(row.file, row.line, code, name, given, row.raw[:KEPT_ROW])


class RefusedRows:
    """The file of refused rows, a JSON object a line, cut where the last batch ended.

    It appears with the first refused row; of an earlier import nothing is left.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size

    def __enter__(self) -> Self:
        """Take off what the last batch did not finish."""
        if not self.size:
            self.path.unlink(missing_ok=True)
        elif self.path.exists():
            os.truncate(self.path, self.size)
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave the file as it is: each batch was synced."""

    def write(self, rows: Sequence[RefusedRow]) -> int:
        """Append rows and wait for the disk; return the file's size."""
        if not rows:
            return self.size
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8", errors="surrogateescape") as stream:
            for row in rows:
                stream.write(json.dumps(_plain(row), default=str, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
            self.size = stream.tell()
        return self.size


def _plain(row: RefusedRow) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if value not in (None, "")}
