"""The lock that lets one drain at a time do what has to see every other drain's rows."""

from django.db import connection

TAIL_LOCK = 0x41524D41  # any number, the same in every process


def hold_tail_lock() -> None:
    """Wait for, then hold until the transaction ends, the right to finish a pass.

    Two drains side by side, one with a slate and one with its click, would each miss what the other
    has not committed. Whoever joins, links or rolls up takes this first and so sees all that was
    committed before. SQLite's transactions exclude each other anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TAIL_LOCK])
