"""How far a computation is, written where others see it while its rows are still being read."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection, connections

from analytics.models import Computation
from analytics.reporting.progress import Tell

log = logging.getLogger(__name__)


@contextmanager
def telling(row: Computation) -> Iterator[Tell]:
    """Yield what keeps the row's stage and share up while it is computed.

    A computation reads one state of the rows in one transaction, out of which nothing can be told;
    so it is told by a connection of its own. Within a caller's transaction that connection would
    not see the row, and the caller's is used. What cannot be told stops nothing.
    """
    own = None if connection.in_atomic_block else connections.create_connection("default")
    table = row._meta.db_table
    sql = f"UPDATE {table} SET stage = %s, share = %s WHERE id = %s AND status = %s"  # noqa: S608 - our table

    def tell(stage: str, share: float) -> None:
        row.stage, row.share = stage, share
        if own is None and not _can_write():
            return
        try:
            with (own or connection).cursor() as cursor:
                cursor.execute(sql, [stage, share, row.pk, Computation.Status.COMPUTING])
        except DatabaseError as error:
            log.warning("progress not told id=%d: %s", row.pk, error)

    try:
        yield tell
    finally:
        if own is not None:
            own.close()


def _can_write() -> bool:
    """Tell whether the caller's transaction still takes statements."""
    return not connection.needs_rollback
