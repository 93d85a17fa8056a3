"""Django's PostgreSQL backend with an end to waiting, also for a server that does not answer.

`statement_timeout` ends what the server still works on. A server that was stopped, or whose machine
hangs behind a connection that stays open, ends nothing: there the client has to stop waiting.
"""

import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeVar

import psycopg
from django.db import DatabaseError
from django.db.backends.postgresql import base
from psycopg.abc import PQGen

from config.postgresql import quick

T = TypeVar("T")
# The server's own limit comes first where it can: its connection stays good.
GRACE_S = 2.0
# What is said by one server of several that share a pooler's connections.
BEHIND_A_POOLER = (
    psycopg.errors.InvalidSqlStatementName,
    psycopg.errors.DuplicatePreparedStatement,
)
ACTIVE = psycopg.pq.TransactionStatus.ACTIVE


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed when an answer takes longer than `limit_s`; None: never."""

    limit_s: float | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # Names of what `quick` has prepared, by statement; None where the server forgets them.
        self.prepared: dict[str, bytes] | None = {}

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Return what the server answered; raises OperationalError when it did not in time."""
        limit = self.limit_s
        try:
            return super().wait(gen, interval, limit if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if limit is None or timeout is not None or self.pgconn.transaction_status != ACTIVE:
                raise
            self.pgconn.finish()  # an answer may still come; nobody may take it for another's
            raise psycopg.OperationalError(f"no answer within {limit:g} s") from error


def _connect(**params: Any) -> PatientConnection:
    """Return a connection; `patience_s`: seconds for each statement, 0 for as long as it takes."""
    patience_s = int(params.pop("patience_s", 0))
    if patience_s:
        limit = f"-c statement_timeout={patience_s * 1000}"
        params["options"] = f"{limit} {params.get('options', '')}".strip()
    connection = PatientConnection.connect(**params)
    connection.limit_s = patience_s + GRACE_S if patience_s else None
    return connection


def _has_something_to_read(connection: psycopg.Connection[Any]) -> bool:
    sockets = select.poll()
    sockets.register(connection.fileno(), select.POLLIN)
    return bool(sockets.poll(0))


_patient = ModuleType("psycopg")  # Django asks the module for its errors, too
vars(_patient).update(vars(psycopg), connect=_connect)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for how it connects and how long it waits."""

    Database = _patient

    def is_usable(self) -> bool:
        """Return whether the connection stands, without asking where the server said nothing.

        One that it closed, or of a server that ended, has something to read. Asking with each
        request cost as much as storing what it brought.
        """
        if self.errors_occurred or self.connection is None or self.connection.closed:
            return super().is_usable()
        return not _has_something_to_read(self.connection) or super().is_usable()

    @contextmanager
    def waiting_at_most(self, seconds: float) -> Iterator[None]:
        """Let no answer within take longer; a connection that did not answer is closed."""
        self.ensure_connection()
        held: PatientConnection = self.connection
        usual_s, held.limit_s = held.limit_s, seconds
        try:
            yield
        finally:
            held.limit_s = usual_s

    def execute_quickly(self, statement: str, parameters: Sequence[str], *, seconds: float) -> None:
        """Run a statement whose rows nobody reads and that commits by itself, in one round trip.

        Inside a transaction, or where somebody listens, it is run as any other. Raises Django's
        errors; OperationalError, the connection closed, after so many seconds without an answer.
        """
        self.ensure_connection()
        held: PatientConnection = self.connection
        is_heard = self.queries_logged or self.execute_wrappers
        if held.prepared is not None and not is_heard and self.get_autocommit():
            try:
                with self.wrap_database_errors:
                    quick.execute(
                        held.pgconn, held.prepared, statement, parameters, limit_s=seconds
                    )
                return
            except DatabaseError as error:
                if not isinstance(error.__cause__, BEHIND_A_POOLER):
                    raise
                held.prepared = None
        with self.waiting_at_most(seconds), self.cursor() as cursor:
            cursor.execute(statement, parameters)
