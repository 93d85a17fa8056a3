"""Units with more events in an hour than a person makes, found in the rows and flagged."""

import logging
from datetime import UTC, datetime

from django.db import connection
from django.db.models import Max

from experiments.clock import EPOCH, MICROSECOND, microseconds
from experiments.models import FlaggedUnit, Site, Tally
from experiments.models.traffic import Traffic
from experiments.traffic.flagging import flag_unit

log = logging.getLogger(__name__)

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
COLUMNS = {"visitor": "visitor_id", "account": "account_id", "session": "session_id"}
# First whoever has that many at all, then whether they lie within one hour: the event so many
# places further on is less than an hour away.
FIND = """
WITH many AS (
    SELECT {column} AS unit_id FROM experiments_event
    WHERE site_id = %s AND day >= %s AND ts_us >= %s AND {column} <> '' AND traffic = ''
    GROUP BY {column} HAVING COUNT(*) > %s
), spaced AS (
    SELECT {column} AS unit_id, ts_us,
        LEAD(ts_us, {ahead}) OVER (PARTITION BY {column} ORDER BY ts_us) AS later_us
    FROM experiments_event
    WHERE site_id = %s AND day >= %s AND ts_us >= %s AND traffic = ''
        AND {column} IN (SELECT unit_id FROM many)
)
SELECT unit_id, MIN(ts_us) FROM spaced WHERE later_us - ts_us < %s GROUP BY unit_id
"""


def flag_outliers(*, hours: int = 2) -> int:
    """Flag the units that passed their site's limit in the last hours; return how many are new.

    A unit that carries a flag already keeps it: a person's word stands.
    """
    return sum(_flag_in(site, hours) for site in Site.objects.filter(outlier_events__gt=0))


def _flag_in(site: Site, hours: int) -> int:
    since_us = _newest_us(site) - hours * HOUR_US
    found = 0
    for unit_type in COLUMNS:
        for unit_id, first_us in outliers_of(site, unit_type, since_us):
            found += _flag(site, unit_type, unit_id, first_us)
    if found:
        log.warning("outliers flagged site=%d units=%d", site.pk, found)
    return found


def _newest_us(site: Site) -> int:
    """Return the site's clock: that of a simulated one stands at its latest row."""
    if not site.is_simulated:
        return microseconds(datetime.now(UTC))
    newest: int | None = Tally.objects.filter(site=site).aggregate(at=Max("newest_us"))["at"]
    return newest or 0


def outliers_of(site: Site, unit_type: str, since_us: int) -> list[tuple[str, int]]:
    """Return the units with more events than the site's limit within one hour, and since when."""
    limit = site.outlier_events
    rows = (site.pk, _day(since_us), since_us)
    sql = FIND.format(column=COLUMNS[unit_type], ahead=int(limit))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*rows, limit, *rows, HOUR_US])
        return [(unit_id, int(first_us)) for unit_id, first_us in cursor.fetchall()]


def _flag(site: Site, unit_type: str, unit_id: str, first_us: int) -> bool:
    known = FlaggedUnit.objects.filter(site=site, unit_type=unit_type, unit_id=unit_id)
    if known.exists():
        return False
    began = EPOCH + first_us * MICROSECOND
    flag_unit(
        FlaggedUnit(
            site=site,
            unit_type=unit_type,
            unit_id=unit_id,
            traffic=Traffic.OUTLIER,
            detail=f"more than {site.outlier_events} events within an hour, from {began:%F %R} UTC",
        )
    )
    return True


def _day(ts_us: int) -> str:
    """Return a day that no event from this moment on is before, whatever its zone."""
    return (EPOCH + max(0, ts_us - DAY_US) * MICROSECOND).date().isoformat()
