"""Bringing a file into a site a batch at a time: what was ended goes on where it was."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from config.importing.progress import Count, Progress, progress_of
from config.importing.records import SourceError
from config.importing.refused import RefusedRow, RefusedRows

BATCH = 5_000
Record = TypeVar("Record")
Told = Callable[[int], None]


@dataclass
class Imported(Generic[Count]):
    """What became of the rows of files; `resumed`: rows that an earlier run had done."""

    count: Count
    rows: int = 0
    resumed: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Imported[Count]") -> "Imported[Count]":
        """Return the sum over several files."""
        return Imported(
            self.count + other.count,
            self.rows + other.rows,
            self.resumed + other.resumed,
            self.rejected + other.rejected,
        )


def import_rows(
    rows: Iterator[Record | RefusedRow],
    state: Progress[Count],
    *,
    rejects: Path,
    store: Callable[[list[Record]], Count],
    progress: Told,
) -> Imported[Count]:
    """Store a file's rows from where `state` stands, and its refusals; return what became of all.

    `progress` is told of rows that were done, those of earlier runs too.
    """
    resumed = state.rows
    progress(sum(1 for _row in islice(rows, resumed)))
    with RefusedRows(rejects, state.rejects_bytes) as refused:
        while batch := list(islice(rows, BATCH)):
            _import_batch(batch, state, refused, store)
            progress(len(batch))
    state.forget()
    return Imported(state.count, state.rows, resumed, Counter(state.rejected))


def _import_batch(
    batch: Sequence[Record | RefusedRow],
    state: Progress[Count],
    refused: RefusedRows,
    store: Callable[[list[Record]], Count],
) -> None:
    """Store a batch's records, then its refusals, then how far this is.

    Ended in between, the batch comes again: its records are known then, its refusals cut off.
    """
    bad = [row for row in batch if isinstance(row, RefusedRow)]
    state.count += store([row for row in batch if not isinstance(row, RefusedRow)])
    state.rejects_bytes = refused.write(bad)
    state.rejected = dict(Counter(state.rejected) + Counter(row.reason for row in bad))
    state.rows += len(batch)
    state.save()


def started(site: str, file: Path, how: str, nothing: Count) -> Progress[Count]:
    """Return how far the import of a file came; raises SourceError when it cannot be read."""
    try:
        return progress_of(site, file, how, nothing)
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}") from error


def rejects_beside(rejects: Path, number: int, *, of: int) -> Path:
    """Return where the refused rows of one of several files go."""
    return rejects if of == 1 else rejects.with_stem(f"{rejects.stem}-{number}")
