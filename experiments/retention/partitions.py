"""The events' days as partitions on PostgreSQL, made before their first event comes.

An event whose day no partition was made for goes to the default partition, the rest. Attaching a
partition makes PostgreSQL read the whole rest under a lock, so the rest is kept small: what an
import brought of earlier months is moved to a partition per month.
"""

import logging
import re
import time
from calendar import monthrange
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db import OperationalError, connection, transaction

log = logging.getLogger(__name__)

TABLE = "experiments_event"
REST = f"{TABLE}_rest"
DAYS_AHEAD = 7
DAYS_BEHIND = 8  # events are taken up to seven days late, and a zone's day may be yesterday
LOCK_TIMEOUT = "2s"  # inserts queue behind whoever waits for a lock, so nobody waits for long
ATTEMPTS = 5
PAUSE_S = 0.5

PARTITIONS = """
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::regclass ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition's name and the days (ISO) whose events it holds."""

    name: str
    days: tuple[str, ...]


def is_split() -> bool:
    """Return whether the database splits the events by day."""
    return bool(connection.vendor == "postgresql")


def partitions() -> list[Partition]:
    """Return the partitions there are, without the rest; none on SQLite."""
    if not is_split():
        return []
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS, [TABLE])
        rows = cursor.fetchall()
    return [
        Partition(name, tuple(re.findall(r"'(.*?)'", bound)))
        for name, bound in rows
        if name != REST
    ]


def make_days_ahead(*, today: date) -> list[str]:
    """Make a partition of each day from eight days ago to seven ahead; return the days made.

    Their events in the rest are moved. Raises OperationalError when a lock could not be had;
    what was made until then stays.
    """
    if not is_split():
        return []
    known = _known_days()
    days = [_iso(today, offset) for offset in range(-DAYS_BEHIND, DAYS_AHEAD + 1)]
    missing = [day for day in days if day not in known]
    for day in missing:
        _make_patiently(Partition(f"{TABLE}_{day.replace('-', '_')}", (day,)))
    return missing


def sort_rest(*, today: date) -> list[str]:
    """Move the rest's events of earlier months to a partition per month; return those made."""
    if not is_split():
        return []
    before = _iso(today, -DAYS_BEHIND)
    taken = {partition.name for partition in partitions()}
    found = [month for month in _months_of_rest(before) if month.name not in taken]
    for month in found:
        _make_patiently(month)
    return [month.name for month in found]


def days_ahead(*, today: date) -> int:
    """Return how many days from today on, without a gap, have a partition of their own."""
    known, ahead = _known_days(), 0
    while _iso(today, ahead) in known:
        ahead += 1
    return ahead


def _iso(today: date, offset: int) -> str:
    return (today + timedelta(days=offset)).isoformat()


def _known_days() -> set[str]:
    return {day for partition in partitions() for day in partition.days}


def _months_of_rest(before: str) -> Iterator[Partition]:
    """Yield a partition for each month of which the rest holds a day before this one."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT day FROM {REST} WHERE day < %s ORDER BY day", [before])  # noqa: S608
        held = [day for (day,) in cursor.fetchall()]
    known = _known_days()
    for month, _days in groupby(held, key=lambda day: day[:7]):
        free = tuple(day for day in _days_of(month) if day < before and day not in known)
        yield Partition(f"{TABLE}_m{month.replace('-', '_')}", free)


def _days_of(month: str) -> list[str]:
    first = date.fromisoformat(f"{month}-01")
    return [_iso(first, offset) for offset in range(monthrange(first.year, first.month)[1])]


def _make_patiently(partition: Partition) -> None:
    """Make a partition, again when its locks are busy; each try waits two seconds at most."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _make(partition)
        except OperationalError as error:
            if attempt == ATTEMPTS or not _is_busy(error):
                raise
            log.warning("partition left for later name=%s: %s", partition.name, error)
            time.sleep(PAUSE_S * attempt)
        else:
            log.info("partition made name=%s", partition.name)
            return


def _is_busy(error: OperationalError) -> bool:
    """Return whether a lock was not had in time, or two waited for each other."""
    return getattr(error.__cause__, "sqlstate", "") in {"55P03", "40P01"}


@transaction.atomic
def _make(partition: Partition) -> None:
    """Make a table like the events, move its days out of the rest, and attach it.

    A check that says the same as the partition's bound spares PostgreSQL from reading it again
    while the lock is held. Who writes into the rest waits; who writes into a day does not.
    """
    slots = ", ".join(["%s"] * len(partition.days))
    with connection.cursor() as cursor, short_locks(cursor):
        cursor.execute(
            f"CREATE TABLE {partition.name} (LIKE {TABLE} "
            "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)"
        )
        cursor.execute(f"LOCK TABLE {REST} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(
            f"WITH moved AS (DELETE FROM {REST} WHERE day IN ({slots}) RETURNING *) "  # noqa: S608
            f"INSERT INTO {partition.name} SELECT * FROM moved",
            partition.days,
        )
        _attach(cursor, partition)


def _attach(cursor: Any, partition: Partition) -> None:
    bound = _literals(partition.days)
    name, check = partition.name, f"{partition.name}_days"
    cursor.execute(f"ALTER TABLE {name} ADD CONSTRAINT {check} CHECK (day IN ({bound}))")
    cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES IN ({bound})")
    cursor.execute(f"ALTER TABLE {name} DROP CONSTRAINT {check}")


def _literals(days: Sequence[str]) -> str:
    """Return ISO days as SQL; a definition takes no bound values. Raises ValueError on others."""
    return ", ".join(f"'{date.fromisoformat(day).isoformat()}'" for day in days)


@contextmanager
def short_locks(cursor: Any) -> Iterator[None]:
    """Let no statement of the transaction wait for a lock for more than two seconds."""
    cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    yield
    cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def detach_and_drop(cursor: Any, partition: Partition) -> None:
    """Take a partition from the events and drop it with its rows.

    The whole table is locked for that moment, so everything slow has to be done before.
    """
    cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {partition.name}")
    cursor.execute(f"DROP TABLE {partition.name}")
