"""Counting what a site's events came to at the door, in the transaction that keeps them."""

import itertools
import os
import threading
from collections.abc import Sequence

from django.db import connection

SLOTS = 64  # rows of a site that threads spread over: two that share one wait for each other

COUNT = """
INSERT INTO experiments_tally (
    site_id, slot, accepted, refused, applied, duplicates, quarantined, dropped, newest_us
) VALUES (%s, %s, %s, %s, 0, 0, 0, 0, 0)
ON CONFLICT (site_id, slot) DO UPDATE SET
    accepted = experiments_tally.accepted + excluded.accepted,
    refused = experiments_tally.refused + excluded.refused
"""

_numbers = itertools.count()
_thread = threading.local()


def count_accepted(site_id: int, accepted: int, refused: int) -> None:
    """Add to what the site has accepted and refused, inside the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, tally_values(site_id, accepted, refused))


def tally_values(site_id: int, accepted: int, refused: int) -> Sequence[int]:
    """Return the parameters of `COUNT`."""
    return site_id, own_slot(), accepted, refused


def own_slot() -> int:
    """Return this thread's slot, from 1 to 64.

    Processes that started together have neighbouring ids, so that eight threads of each get slots
    of their own.
    """
    number: int | None = getattr(_thread, "number", None)
    if number is None:
        number = _thread.number = next(_numbers)
    return 1 + (8 * os.getpid() + number) % SLOTS
