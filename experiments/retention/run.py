"""Retention: export, compare, and only then drop; whatever ends it in between loses nothing."""

import fcntl
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from django.db import OperationalError

from experiments.models import Event, ExportedDay, Site
from experiments.retention import files, partitions
from experiments.retention.dropping import delete_day, drop_empty_partitions, drop_partition
from experiments.retention.exporting import (
    ExportError,
    check_file,
    export_day,
    is_current,
    sums_of_day,
)
from experiments.retention.keeping import Going, days_to_go
from experiments.services.audit import SERVICE, record_change

log = logging.getLogger(__name__)


@dataclass
class Dropped:
    """What a run dropped: rows by site, table and day; and what it could not, with the reason."""

    rows: dict[Site, dict[str, dict[str, int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    problems: list[str] = field(default_factory=list)

    def add(self, going: Going) -> None:
        """Count a day that is gone."""
        self.rows[going.site][going.table.name][going.day] = going.n_rows


def run_retention(*, now: datetime, actor: str = SERVICE) -> Dropped:
    """Export and drop every day that its site need not keep; return what went.

    A day that cannot be exported or compared stays, is named among the problems, and comes again
    with the next run. Does nothing while another run is at work.
    """
    done = Dropped()
    with alone() as is_alone:
        if not is_alone:
            return done
        ready = [(going, row) for going in days_to_go(now=now) if (row := _export(going, done))]
        for _key, day in groupby(ready, key=lambda pair: (pair[0].table.name, pair[0].day)):
            _drop(list(day), done)
        _drop_empty(now, done)
    for site, tables in done.rows.items():
        _record(site, tables, actor)
    return done


def _export(going: Going, done: Dropped) -> ExportedDay | None:
    """Return the exported day, written anew unless its file holds it as it is now."""
    known = ExportedDay.objects.filter(
        site=going.site, table=going.table.name, day=going.day
    ).first()
    try:
        if known is None or not _holds(known, going):
            known = export_day(going.table, going.site, going.day)
        return known
    except (ExportError, OSError) as error:
        _tell(going, error, done)
        return None


def _holds(exported: ExportedDay, going: Going) -> bool:
    """Return whether an exported day's file is whole and says what the database does."""
    try:
        check_file(exported)
    except ExportError:
        if exported.dropped_at is not None:
            raise  # the only copy of rows that are gone: nobody may write over it
        return False
    return is_current(going.table, exported, sums_of_day(going.table, going.site, going.day))


def _drop(day: Sequence[tuple[Going, ExportedDay]], done: Dropped) -> None:
    """Drop a day of one table: its partition when every site lets it go, else row by row."""
    try:
        if _drop_whole({going.site.pk: exported for going, exported in day}, day[0][0]):
            for going, _exported in day:
                done.add(going)
            return
    except (ExportError, OSError, OperationalError) as error:
        _tell(day[0][0], error, done)
        return
    for going, exported in day:
        try:
            delete_day(exported)
            done.add(going)
        except (ExportError, OSError, OperationalError) as error:
            _tell(going, error, done)


def _drop_whole(exports: Mapping[int, ExportedDay], going: Going) -> bool:
    """Drop the partition that holds this day alone, where there is one; return whether it went."""
    if going.table.model is not Event:
        return False
    own = [each for each in partitions.partitions() if each.days == (going.day,)]
    return bool(own) and drop_partition(own[0], exports)


def _drop_empty(now: datetime, done: Dropped) -> None:
    before = (now - timedelta(days=partitions.DAYS_BEHIND)).date().isoformat()
    try:
        drop_empty_partitions(before=before)
    except OperationalError as error:
        done.problems.append(f"empty partitions stay for now: {error}")


def _tell(going: Going, error: Exception, done: Dropped) -> None:
    text = f"{going.table.name} of {going.site.slug} on {going.day} stay: {error}"
    log.error("retention: %s", text)
    done.problems.append(text)


def _record(site: Site, tables: Mapping[str, Mapping[str, int]], actor: str) -> None:
    """Put on record what a run dropped of a site."""
    record_change(
        site=site,
        subject="retention",
        action="drop days",
        actor=actor,
        before={table: dict(days) for table, days in tables.items()},
        after={},
        reason=f"older than {site.retention_days} days and needed by no experiment",
    )


@contextmanager
def alone() -> Iterator[bool]:
    """Hold the right to write into this folder of exports; yield whether it was had."""
    files.folder().mkdir(parents=True, exist_ok=True)
    with (files.folder() / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
