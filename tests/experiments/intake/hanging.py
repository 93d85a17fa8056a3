"""A database that keeps whoever writes to the inbox waiting."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def locked_inbox() -> Iterator[None]:
    """Hold, on a connection of its own, what every writer of the inbox has to wait for."""
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("LOCK TABLE experiments_inboxbatch IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        other.rollback()
        other.close()
