"""Bringing files of events into a site, a batch at a time, with what was refused beside them."""

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from config.importing.event_rows import EventFile, RefusedRow, read_events
from config.importing.progress import Progress, progress_of
from config.importing.records import SourceError
from experiments.intake.importing import EventRecord, ImportCount, import_events
from experiments.models import Site
from experiments.snapshot import SiteSpec

BATCH = 5_000


@dataclass
class EventImport:
    """What became of the rows of all files; `resumed`: rows that an earlier run had done."""

    rows: int = 0
    resumed: int = 0
    count: ImportCount = field(default_factory=ImportCount)
    rejected: Counter[str] = field(default_factory=Counter)


def import_files(
    files: Sequence[EventFile],
    *,
    site: Site,
    rejects: Path,
    progress: Callable[[int], None] = lambda _rows: None,
) -> EventImport:
    """Import files of events; return what became of their rows.

    Ended in between, it goes on where it was with the next call; a file that was read to its end
    is read again, and nothing of it counts twice. `progress` is told of rows that were done.
    Raises SourceError on a file that cannot be read.
    """
    total = EventImport()
    for number, file in enumerate(files):
        beside = rejects if len(files) == 1 else rejects.with_stem(f"{rejects.stem}-{number + 1}")
        one = _import_file(file, site, beside, progress)
        total.rows += one.rows
        total.resumed += one.resumed
        total.count += one.count
        total.rejected += one.rejected
    return total


def _import_file(
    file: EventFile, site: Site, rejects: Path, progress: Callable[[int], None]
) -> EventImport:
    try:
        state = progress_of(site.slug, file.path, f"{file.form}{file.columns}{file.name}{rejects}")
    except OSError as error:
        raise SourceError(f"{file.path} cannot be read: {error.strerror}") from error
    resumed = state.rows
    rows = read_events(file, spec_of(site))
    progress(sum(1 for _row in islice(rows, resumed)))
    with _Rejects(rejects, state.rejects_bytes) as refused:
        while batch := list(islice(rows, BATCH)):
            _import_batch(batch, site, state, refused)
            progress(len(batch))
    state.forget()
    return EventImport(state.rows, resumed, state.count, Counter(state.rejected))


def _import_batch(
    batch: Sequence[EventRecord | RefusedRow], site: Site, state: Progress, refused: "_Rejects"
) -> None:
    """Store a batch's events, then its refusals, then how far this is.

    Ended in between, the batch comes again: its events are known then, its refusals cut off.
    """
    good = [row for row in batch if isinstance(row, EventRecord)]
    bad = [row for row in batch if isinstance(row, RefusedRow)]
    state.count += import_events(site=site, events=good, batch=BATCH)
    state.rejects_bytes = refused.write(bad)
    state.rejected = dict(Counter(state.rejected) + Counter(_reason(row) for row in bad))
    state.rows += len(batch)
    state.save()


def _reason(row: RefusedRow) -> str:
    return f"{row.code}:{row.field}" if row.field else row.code


def spec_of(site: Site) -> SiteSpec:
    """Return what events are checked against."""
    return SiteSpec(
        id=site.pk,
        slug=site.slug,
        currency=site.currency,
        timezone=site.timezone,
        allowed_origins=frozenset(),
        is_simulated=site.is_simulated,
        exposure_mode=site.exposure_mode,
        count_unverified=site.count_unverified,
        placements={},
        experiments={},
    )


class _Rejects:
    """The file of refused rows, a JSON object a line, cut where the last batch ended.

    It appears with the first refused row; of an earlier import nothing is left.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size

    def __enter__(self) -> "_Rejects":
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
