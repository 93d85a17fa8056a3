"""Counting what became of accepted events and lists, in the transaction that applies them."""

from collections import Counter
from collections.abc import Iterable

from django.db import connection

from experiments.drain.events import AppliedEvents
from experiments.drain.rows import EventRow
from experiments.models import Slate, Tally

COUNT = """
INSERT INTO experiments_tally (
    site_id, slot, accepted, refused, applied, duplicates, quarantined, dropped, newest_us
) VALUES (%s, %s, 0, 0, %s, %s, %s, %s, %s)
ON CONFLICT (site_id, slot) DO UPDATE SET
    applied = experiments_tally.applied + excluded.applied,
    duplicates = experiments_tally.duplicates + excluded.duplicates,
    quarantined = experiments_tally.quarantined + excluded.quarantined,
    dropped = experiments_tally.dropped + excluded.dropped,
    newest_us = CASE WHEN excluded.newest_us > experiments_tally.newest_us
        THEN excluded.newest_us ELSE experiments_tally.newest_us END
"""

SERVED = """
INSERT INTO experiments_slatetally (site_id, variant_pk, recommender, fallback, slates)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (site_id, variant_pk, recommender, fallback) DO UPDATE SET
    slates = experiments_slatetally.slates + excluded.slates
"""


def count_served(slates: Iterable[Slate]) -> None:
    """Count a pass's lists by variant, recommender and reason; the caller holds the tail lock.

    One that the spool brought in twice, as its process was killed in between, counts twice.
    """
    found = Counter(
        (row.site_id, row.variant_id or 0, row.recommender, row.fallback) for row in slates
    )
    if found:
        with connection.cursor() as cursor:
            cursor.executemany(SERVED, [(*key, n) for key, n in sorted(found.items())])


def count_applied(events: AppliedEvents, slates: Iterable[Slate]) -> None:
    """Count, by site, what a pass made of its events; the caller holds the tail lock.

    An exposure whose claim does not hold was set aside: it is counted there and not as applied.
    """
    applied = Counter(row.site_id for row in events.rows)
    newest = _newest([*events.rows, *slates])
    counted = (applied, events.duplicates, events.conflicts, events.dropped, newest)
    for site_id in sorted({site_id for each in counted for site_id in each}):
        mismatched = events.mismatched[site_id]
        _add(
            site_id,
            applied=applied[site_id] - mismatched,
            duplicates=events.duplicates[site_id],
            quarantined=events.conflicts[site_id] + mismatched,
            dropped=events.dropped[site_id],
            newest_us=newest.get(site_id, 0),
        )


def note_newest(rows: Iterable[EventRow]) -> None:
    """Note when the latest of a simulated site's imported rows was: its clock stands there."""
    for site_id, newest_us in sorted(_newest(rows).items()):
        _add(site_id, newest_us=newest_us)


def count_held(site_id: int) -> None:
    """Count an exposure as applied that was set aside: its claim holds after all."""
    _add(site_id, applied=1, quarantined=-1)


def count_poison(site_id: int, n_events: int) -> None:
    """Count the events of a batch that was set aside whole."""
    _add(site_id, quarantined=n_events)


def _newest(rows: Iterable[EventRow | Slate]) -> dict[int, int]:
    newest: dict[int, int] = {}
    for row in rows:
        if row.ts_us > newest.get(row.site_id, 0):
            newest[row.site_id] = row.ts_us
    return newest


def _add(
    site_id: int,
    *,
    applied: int = 0,
    duplicates: int = 0,
    quarantined: int = 0,
    dropped: int = 0,
    newest_us: int = 0,
) -> None:
    values = (site_id, Tally.DRAIN, applied, duplicates, quarantined, dropped, newest_us)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
