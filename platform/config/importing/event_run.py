"""Bringing files of events into a site, a batch at a time, with what was refused beside them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from config.importing.event_rows import EventFile, read_events
from config.importing.resumable import BATCH, Imported, import_rows, rejects_beside, started
from experiments.intake.importing import EventRecord, ImportCount, import_events
from experiments.models import Site
from experiments.snapshot import SiteSpec

EventImport = Imported[ImportCount]


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
    total = EventImport(ImportCount())
    for number, file in enumerate(files, start=1):
        total += _import_file(file, site, rejects_beside(rejects, number, of=len(files)), progress)
    return total


def _import_file(
    file: EventFile, site: Site, rejects: Path, progress: Callable[[int], None]
) -> EventImport:
    def store(events: list[EventRecord]) -> ImportCount:
        return import_events(site=site, events=events, batch=BATCH)

    how = f"{file.form}{file.columns}{file.name}{rejects}"
    state = started(site.slug, file.path, how, ImportCount())
    rows = read_events(file, spec_of(site))
    return import_rows(rows, state, rejects=rejects, store=store, progress=progress)


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
