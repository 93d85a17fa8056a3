"""Writing many new rows: PostgreSQL's COPY, SQLite's prepared statement."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from experiments.drain.rows import EventRow

COPY = "COPY {table} ({columns}) FROM STDIN"
INSERT = "INSERT INTO {table} ({columns}) VALUES ({slots})"
EVENT_COLUMNS = EventRow.__struct_fields__


def store_events(rows: Iterable[EventRow]) -> None:
    """Insert event rows."""
    if connection.vendor == "postgresql":
        copy_rows("experiments_event", EVENT_COLUMNS, map(msgspec.structs.astuple, rows))
    else:
        insert_rows("experiments_event", EVENT_COLUMNS, map(_on_sqlite, rows))


def store_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows given as values in the order of `columns`; JSON is given as text."""
    if connection.vendor == "postgresql":
        copy_rows(table, columns, rows)
    else:
        insert_rows(table, columns, ([_adapted(value) for value in row] for row in rows))


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Stream rows into a table of PostgreSQL, which stores the first while the last are made."""
    statement = COPY.format(table=table, columns=", ".join(f'"{name}"' for name in columns))
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows whose values the driver takes as they are."""
    names = ", ".join(f'"{name}"' for name in columns)
    slots = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(INSERT.format(table=table, columns=names, slots=slots), list(rows))


def _on_sqlite(row: EventRow) -> tuple[Any, ...]:
    row.event_id = row.event_id.replace("-", "")
    return tuple(map(_adapted, msgspec.structs.astuple(row)))


def _adapted(value: Any) -> Any:
    """Return a value as SQLite's columns hold it."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
