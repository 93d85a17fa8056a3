"""Seeing from outside whether a drain's transaction is open at this instant."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from benchmarks._faults.shop import Shop

# A drain locks the batches that it takes; nobody else does.
OPEN = """
SELECT EXISTS (
    SELECT 1 FROM pg_locks JOIN pg_class ON pg_class.oid = pg_locks.relation
    WHERE relname = 'experiments_inboxbatch' AND mode = 'RowShareLock' AND granted
)
"""
LOOKS, APART_S = 3, 0.004  # an accept holds SQLite's lock for about a millisecond, a drain longer
POLL_S = 0.002


class Watch(Protocol):
    """Something that sees open transactions."""

    def is_open(self) -> bool:
        """Return whether a drain's transaction is open now."""


class OnPostgresql:
    """Looks for the locks that a drain holds."""

    def __init__(self, shop: Shop) -> None:
        self.connection = shop.connect()

    def is_open(self) -> bool:
        """Return whether a drain's transaction is open now."""
        return bool(self.connection.execute(OPEN).fetchone()[0])


class OnSqlite:
    """Finds the write lock held longer than an accept holds it."""

    def __init__(self, shop: Shop) -> None:
        path = Path(shop.env["ARMATURE_DATA_DIR"]) / "armature.sqlite3"
        self.connection = sqlite3.connect(path, timeout=0, isolation_level=None)

    def is_open(self) -> bool:
        """Return whether a drain's transaction is open now, as far as can be seen."""
        for _ in range(LOOKS):
            if not self._is_locked():
                return False
            time.sleep(APART_S)
        return True

    def _is_locked(self) -> bool:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        self.connection.execute("ROLLBACK")
        return False


@contextlib.contextmanager
def watching(shop: Shop) -> Iterator[Watch]:
    """Yield what sees the shop's open drain transactions."""
    watch = OnSqlite(shop) if shop.is_embedded else OnPostgresql(shop)
    with contextlib.closing(watch.connection):
        yield watch


def await_open(watch: Watch, timeout_s: float) -> bool:
    """Return whether a transaction was seen open before the time was over."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if watch.is_open():
            return True
        time.sleep(POLL_S)
    return False
