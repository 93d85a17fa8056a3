"""Months of rows, or a busy day's, at once and by SQL: a pass should cost the same after them."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from benchmarks._events.mix import VISITORS
from experiments.clock import day_of, microseconds
from experiments.models import Site

DAYS = 30
CHUNK = 500_000
# A larger table has more visitors, not busier ones: what a visitor did is read again for rollups.
EVENTS_OF_A_VISITOR = 20

LEDGER = """
INSERT INTO experiments_ledgerentry (site_id, event_id, body_hash)
SELECT {site}, ({uuid})::uuid, i FROM generate_series({first}, {last}) i ON CONFLICT DO NOTHING
"""
EVENTS = """
INSERT INTO experiments_event (site_id, event_id, type, occurred_at, ts_us, day, received_at,
    visitor_id, account_id, session_id, item_id, items, currency, order_id, order_ref, attributes,
    properties, is_verified, borrowed, traffic, refunded, refunded_quantity)
SELECT {site}, ({uuid})::uuid, 'view_item', '{at}', {ts} + i, '{day}', '{at}',
    '{who}-' || i % {visitors}, '', 's-' || i % 400000, 'sku-' || i % 20000, '[]', '', '', {uuid},
    '{{}}', '{{"page": "home"}}', true, 0, '', 0, 0
FROM generate_series({first}, {last}) i
"""
# The time of the day in front, as in UUIDv7, then the number.
UUID = "lpad(to_hex({ms}), 12, '0') || '7' || lpad(to_hex(i), 19, '0')"
OWN_DAY = (
    "CREATE TABLE IF NOT EXISTS \"{name}\" PARTITION OF experiments_event FOR VALUES IN ('{day}')"
)


def fill(site: Site, rows: int) -> None:
    """Bring ledger and events to so many rows, spread over the thirty days before the last week.

    What was measured before is gone from the day at hand, so that each size meets the same one.
    """
    with connection.cursor() as cursor:
        cursor.execute(f'TRUNCATE "{_partition(day_of(timezone.now(), site.timezone))}"')
        cursor.execute("SELECT count(*) FROM experiments_ledgerentry")
        (there,) = cursor.fetchone()
    for first in range(there, rows, CHUNK):
        _fill_day(
            site,
            range(first, min(first + CHUNK, rows)),
            timezone.now() - timedelta(days=8 + first // CHUNK % DAYS),
            max(VISITORS, rows // EVENTS_OF_A_VISITOR),
        )
    _settle()


def fill_today(site: Site, rows: int) -> None:
    """Bring the events of the day at hand to so many rows more, of visitors that no other has."""
    for first in range(0, rows, CHUNK):
        numbers = range(first, min(first + CHUNK, rows))
        _fill_day(site, numbers, timezone.now(), rows // EVENTS_OF_A_VISITOR, who="w")
    _settle()


def _fill_day(site: Site, numbers: range, at: datetime, visitors: int, *, who: str = "v") -> None:
    day = day_of(at, site.timezone)
    names = {
        "site": site.pk,
        "who": who,
        "visitors": visitors,
        "first": numbers[0],
        "last": numbers[-1],
        "at": at.isoformat(" "),
        "ts": microseconds(at),
        "day": day,
        "uuid": UUID.format(ms=int(at.timestamp() * 1000)),
    }
    with connection.cursor() as cursor:
        cursor.execute(OWN_DAY.format(name=_partition(day), day=day))
        cursor.execute(LEDGER.format(**names))
        cursor.execute(EVENTS.format(**names))


def _partition(day: str) -> str:
    return f"experiments_event_{day.replace('-', '_')}"


def _settle() -> None:
    """Let the database tidy up and write down what was filled in, so that no pass pays for it."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE experiments_ledgerentry")
        cursor.execute("VACUUM ANALYZE experiments_event")
        cursor.execute("CHECKPOINT")
