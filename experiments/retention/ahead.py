"""Days that stay, written to Parquet too: analyses read them there, whatever is dropped later."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from experiments.models import ExportedDay, Site
from experiments.retention.exporting import ExportError, check_file, export_day, is_current
from experiments.retention.run import alone
from experiments.retention.tables import TABLES, Sums, Table, site_rows, sums_by_day

PATIENCE_S = 60.0  # that retention, which writes the same files, may take before we give up


@dataclass
class Ahead:
    """What an export found: days that were written, and how many files held theirs already."""

    written: list[ExportedDay] = field(default_factory=list)
    n_current: int = 0


def export_ahead(site: Site, *, first: str, last: str, patience_s: float = PATIENCE_S) -> Ahead:
    """Write a site's days from first to last (ISO, both included) whose files differ from them.

    Nothing is dropped. Raises ExportError when another export is at work for longer than so many
    seconds, or when the only copy of a dropped day is damaged.
    """
    done = Ahead()
    with _waiting(patience_s):
        for table in TABLES.values():
            rows = site_rows(table, site.pk).filter(day__gte=first, day__lte=last)
            known = {row.day: row for row in _known(site, table)}
            for day, sums in sorted(sums_by_day(table, rows).items()):
                if day in known and _holds(table, known[day], sums):
                    done.n_current += 1
                else:
                    done.written.append(export_day(table, site, day))
    return done


def _known(site: Site, table: Table) -> Iterator[ExportedDay]:
    yield from ExportedDay.objects.filter(site=site, table=table.name)


def _holds(table: Table, exported: ExportedDay, sums: Sums) -> bool:
    """Return whether a day's file is whole and says what the database does.

    Of a day that was dropped before, what came since is always added.
    """
    if exported.dropped_at is not None:
        return False
    try:
        check_file(exported)
    except ExportError:
        return False
    return is_current(table, exported, sums)


@contextmanager
def _waiting(patience_s: float) -> Iterator[None]:
    deadline = time.monotonic() + patience_s
    while True:
        with alone() as is_alone:
            if is_alone:
                yield
                return
        if time.monotonic() > deadline:
            raise ExportError(f"another export was at work for {patience_s:g} s; try again later")
        time.sleep(0.2)
