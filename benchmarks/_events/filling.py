"""Years of rows at once, by SQL: what a pass costs must not depend on them."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from benchmarks._events.mix import VISITORS
from experiments.clock import microseconds
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
    'v-' || i % {visitors}, '', 's-' || i % 400000, 'sku-' || i % 20000, '[]', '', '', {uuid},
    '{{}}', '{{"page": "home"}}', true, 0, '', 0, 0
FROM generate_series({first}, {last}) i
"""
# The time of the day in front, as in UUIDv7, then the number.
UUID = "lpad(to_hex({ms}), 12, '0') || '7' || lpad(to_hex(i), 19, '0')"
OWN_DAY = (
    'CREATE TABLE IF NOT EXISTS "experiments_event_{name}" PARTITION OF experiments_event'
    " FOR VALUES IN ('{day}')"
)


def fill(site: Site, rows: int) -> None:
    """Bring ledger and events to so many rows, spread over the thirty days before the last week."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM experiments_ledgerentry")
        (there,) = cursor.fetchone()
        visitors = max(VISITORS, rows // EVENTS_OF_A_VISITOR)
        for first in range(there, rows, CHUNK):
            _fill_day(site, first, min(first + CHUNK, rows) - 1, visitors)
        cursor.execute("VACUUM ANALYZE experiments_ledgerentry")
        cursor.execute("VACUUM ANALYZE experiments_event")


def _fill_day(site: Site, first: int, last: int, visitors: int) -> None:
    at = timezone.now() - timedelta(days=8 + first // CHUNK % DAYS)
    day = at.date().isoformat()
    names = {
        "site": site.pk,
        "visitors": visitors,
        "first": first,
        "last": last,
        "at": at.isoformat(" "),
        "ts": microseconds(at),
        "day": day,
        "uuid": UUID.format(ms=int(at.timestamp() * 1000)),
    }
    with connection.cursor() as cursor:
        cursor.execute(OWN_DAY.format(name=day.replace("-", "_"), day=day))
        cursor.execute(LEDGER.format(**names))
        cursor.execute(EVENTS.format(**names))
