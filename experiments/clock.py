"""Time as rows store it: integer microseconds, and the day of the site's own zone."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Return whole microseconds since 1970, exactly.

    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    return (moment - EPOCH) // MICROSECOND


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return a time zone by its name; raises ZoneInfoNotFoundError on an unknown one."""
    return ZoneInfo(name)


def day_of(moment: datetime, timezone: str) -> str:
    """Return the ISO day of a moment in a zone.

    >>> day_of(datetime(2026, 11, 24, 23, 30, tzinfo=UTC), "Europe/Berlin")
    '2026-11-25'
    """
    return moment.astimezone(zone(timezone)).date().isoformat()
