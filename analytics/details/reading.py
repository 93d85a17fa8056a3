"""Running a detail's statement: within a time, planned for tables that were just filled."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from analytics.engines.limits import statement_limit


def fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement; raises TooSlowError when it takes longer than it may."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Without statistics of new rows it would compare every unit with every event.
            cursor.execute("SET LOCAL enable_nestloop = off")
        with statement_limit(cursor):
            cursor.execute(sql, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
    return rows
