"""SQLite and PostgreSQL: the live tables, through Django's own cursor."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from analytics.engines.dialects import Row
from analytics.engines.limits import statement_limit


class Database:
    """The database of this installation."""

    @property
    def name(self) -> str:
        """Return which one it is: sqlite or postgresql."""
        return str(connection.vendor)

    def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Return the statement's rows; raises TooSlowError and DatabaseError.

        Runs in a savepoint, so that a caller's transaction survives a statement that fails.
        """
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            _hash_joins(cursor),
            statement_limit(cursor),
        ):
            cursor.execute(sql, values)
            return list(cursor.fetchall())


DATABASE = Database()


@contextmanager
def _hash_joins(cursor: Any) -> Iterator[None]:
    """Keep PostgreSQL from nested loops.

    A new experiment's rows are missing from the planner's statistics until the next ANALYZE. It
    then expects one row and compares all units with all events: hours instead of seconds.
    """
    if connection.vendor != "postgresql":
        yield
        return
    cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
