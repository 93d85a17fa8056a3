"""How long a request waits for the database to take its slate."""

import contextlib
from collections.abc import Iterator

from django.db import connection

PATIENCE_S = 2.0


@contextlib.contextmanager
def bounded_wait(seconds: float = PATIENCE_S) -> Iterator[None]:
    """End each statement that the database does not answer in time, as a lost connection does.

    Holds for a connection that stands; to make one takes as long as its `connect_timeout` says.
    """
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        limit = _sqlite(seconds)
    else:
        limit = connection.waiting_at_most(seconds)  # type: ignore[attr-defined]
    with limit:
        yield


@contextlib.contextmanager
def _sqlite(seconds: float) -> Iterator[None]:
    # The driver's own connection: a setting of it is no statement of the request.
    held = connection.connection
    (usual_ms,) = held.execute("PRAGMA busy_timeout").fetchone()
    held.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
    try:
        yield
    finally:
        held.execute(f"PRAGMA busy_timeout={usual_ms}")
