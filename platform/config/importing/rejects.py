"""The file of rows that were not taken."""

import csv
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from config.importing.records import RejectedRow


class RejectsFile:
    """Writes rejected rows as CSV (file, line, reason, row) and counts them by reason.

    The file appears with the first rejected row; one that an earlier run left is removed, so
    that it never speaks of another import.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reasons: Counter[str] = Counter()
        self._stream: TextIO | None = None

    def __enter__(self) -> Self:
        """Remove what an earlier run left."""
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()

    def add(self, row: RejectedRow) -> None:
        """Write one row."""
        if self._stream is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Bytes that were not text go out as they came in.
            self._stream = self.path.open(
                "w", encoding="utf-8", errors="surrogateescape", newline=""
            )
            csv.writer(self._stream).writerow(["file", "line", "reason", "row"])
        csv.writer(self._stream).writerow([row.file, row.line, row.reason, row.raw])
        self.reasons[row.reason] += 1
