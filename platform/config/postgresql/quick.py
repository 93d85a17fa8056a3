"""One statement in one round trip, for the request that waits for it.

Cursors convert, plan and wait by way of many small objects, which costs several times what the
server takes to store one row. Here the statement is prepared once for each connection and its
parameters go out as text.
"""

import select
import time
from collections.abc import Sequence
from itertools import count

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result
from psycopg.pq.abc import PGconn

DONE = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK})


def execute(
    pgconn: PGconn,
    prepared: dict[str, bytes],
    statement: str,
    parameters: Sequence[str],
    *,
    limit_s: float,
) -> None:
    """Run a statement whose rows nobody reads; `prepared`: names of this connection's statements.

    `statement`: with a %s for each parameter. Raises psycopg's error of what the server refused,
    and OperationalError, the connection closed, when it says nothing for `limit_s` seconds.
    """
    deadline = time.monotonic() + limit_s
    name = prepared.get(statement)
    if name is None:
        name = b"quick_%d" % len(prepared)
        pgconn.send_prepare(name, _numbered(statement))
        _finish(pgconn, deadline)
        prepared[statement] = name
    pgconn.send_query_prepared(name, [each.encode() for each in parameters])
    _finish(pgconn, deadline)


def _numbered(statement: str) -> bytes:
    """Return the statement with $1, $2 … in place of each %s."""
    head, *rest = statement.split("%s")
    numbers = count(1)
    return (head + "".join(f"${next(numbers)}{part}" for part in rest)).encode()


def _finish(pgconn: PGconn, deadline: float) -> None:
    """Send what is queued and take the answer; raises its error."""
    waiting = select.poll()
    waiting.register(pgconn.socket, select.POLLIN | select.POLLOUT)
    while pgconn.flush():
        _wait(pgconn, waiting, deadline)
        pgconn.consume_input()  # a server that cannot be read from may wait to be read
    waiting.modify(pgconn.socket, select.POLLIN)
    failed = None
    while True:
        while pgconn.is_busy():
            _wait(pgconn, waiting, deadline)
            pgconn.consume_input()
        if (result := pgconn.get_result()) is None:
            break
        failed = failed or (None if result.status in DONE else error_from_result(result))
    if failed:
        raise failed


def _wait(pgconn: PGconn, waiting: select.poll, deadline: float) -> None:
    remaining_s = deadline - time.monotonic()
    if remaining_s <= 0 or not waiting.poll(1000 * remaining_s):
        pgconn.finish()  # an answer may still come; nobody may take it for another's
        raise psycopg.OperationalError("no answer from the server in time")
