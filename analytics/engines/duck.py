"""DuckDB over exported days; the only file that imports it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from analytics.engines.dialects import DUCKDB, Row
from analytics.engines.files import Files, selected, table_name
from analytics.engines.limits import interrupted_after
from analytics.errors import EngineError
from experiments.retention.files import folder
from experiments.retention.tables import TABLES, Table

# The files' order means nothing, and nothing is to be fetched from anywhere.
SETTINGS = {
    "preserve_insertion_order": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
}


class Duck:
    """A DuckDB in memory whose tables are the files of exported days."""

    name = "duckdb"

    def __init__(self, connection: "duckdb.DuckDBPyConnection") -> None:
        """Ask this connection."""
        self.connection = connection

    def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Return the statement's rows; raises TooSlowError and EngineError."""
        with interrupted_after(self.connection.interrupt), _told():
            return [*self.connection.execute(DUCKDB.of(sql), list(values)).fetchall()]

    def parts(
        self, sql: str, values: Sequence[Any], *, size: int, seconds: float
    ) -> Iterator[Sequence[Row]]:
        """Yield the statement's rows, `size` at a time; raises as `rows`, after so many seconds."""
        with interrupted_after(self.connection.interrupt, seconds), _told():
            answer = self.connection.execute(DUCKDB.of(sql), list(values))
            while rows := answer.fetchmany(size):
                yield rows


@contextmanager
def _told() -> Iterator[None]:
    """Raise EngineError in place of what DuckDB raises, but of an interruption."""
    try:
        yield
    except duckdb.InterruptException:
        raise
    except (duckdb.Error, OSError) as error:
        raise EngineError(f"DuckDB: {error}") from error


@contextmanager
def duckdb_over(files: Files, **settings: str) -> Iterator[Duck]:
    """Yield a DuckDB over the files; `settings` are its own, such as `threads`.

    What does not fit in memory goes to the folder of exports meanwhile.
    """
    own: dict[str, Any] = {**SETTINGS, "temp_directory": str(folder() / ".duckdb"), **settings}
    with duckdb.connect(config=own) as connection:
        for table in TABLES.values():
            _add_view(connection, table, files.of(table))
        yield Duck(connection)


def _add_view(connection: "duckdb.DuckDBPyConnection", table: Table, paths: Sequence[str]) -> None:
    name = table_name(table)
    try:
        if paths:
            found = connection.read_parquet(list(paths), union_by_name=True)
        else:
            found = _no_rows(connection, table)
        found.project(", ".join(selected(table, found.columns))).create_view(name)
    except (duckdb.Error, OSError) as error:
        raise EngineError(f"DuckDB cannot read {table.name}: {error}") from error


def _no_rows(connection: "duckdb.DuckDBPyConnection", table: Table) -> Any:
    kinds = {pa.string(): "VARCHAR", pa.bool_(): "BOOLEAN", pa.int64(): "BIGINT"}
    columns = ", ".join(f"CAST(NULL AS {kinds[each.type]}) AS {each.name}" for each in table.schema)
    return connection.sql(f"SELECT {columns} LIMIT 0")
