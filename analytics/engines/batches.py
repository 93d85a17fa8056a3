"""A statement's rows a few thousand at a time, for answers that are too long to be held whole."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from analytics.engines.database import Database
from analytics.engines.dialects import Engine, Row
from analytics.engines.duck import Duck
from analytics.engines.limits import limit_s, statement_limit

ROWS = 10_000  # in memory at once
PATIENCE = 10  # times as long as a metric's statement may take

Rows = Sequence[Row]


def batches(
    engine: Engine, sql: str, values: Sequence[Any], size: int | None = None
) -> Iterator[Rows]:
    """Yield the statement's rows in order, at most `size` (or `ROWS`) at a time.

    To be read to its end at once: PostgreSQL keeps a transaction open meanwhile. Spark hands all
    rows over together. Raises TooSlowError after `PATIENCE` times the limit of a metric, and what
    the engine raises.
    """
    size = size or ROWS
    if isinstance(engine, Database):
        return _of_database(sql, values, size)
    if isinstance(engine, Duck):
        return engine.parts(sql, values, size=size, seconds=PATIENCE * limit_s())
    return _parts(engine.rows(sql, values), size)


def _of_database(sql: str, values: Sequence[Any], size: int) -> Iterator[Rows]:
    with (
        transaction.atomic(),
        connection.cursor() as settings,
        _whole_answer(settings),
        statement_limit(settings, PATIENCE * limit_s()),
        connection.chunked_cursor() as cursor,
    ):
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(size):
            yield rows


@contextmanager
def _whole_answer(cursor: Any) -> Iterator[None]:
    """Let PostgreSQL plan for all rows, not for the first ones, and by hashes as reports do."""
    if connection.vendor != "postgresql":
        yield
        return
    cursor.execute("SET LOCAL cursor_tuple_fraction = 1; SET LOCAL enable_nestloop = off")
    yield
    cursor.execute(
        "SET LOCAL cursor_tuple_fraction TO DEFAULT; SET LOCAL enable_nestloop TO DEFAULT"
    )


def _parts(rows: Rows, size: int) -> Iterator[Rows]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
