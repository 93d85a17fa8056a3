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


QUARTER_US = 900_000_000  # zones begin their days, and change their offsets, on quarters of an hour
MAX_DAYS = 10_000
_days: dict[tuple[str, int], str] = {}


def day_of_us(ts_us: int, timezone: str) -> str:
    """Return the ISO day of a moment, in microseconds since 1970, in a zone: remembered, so fast.

    >>> day_of_us(1_795_563_000_000_000, "Europe/Berlin")
    '2026-11-25'
    """
    key = timezone, ts_us // QUARTER_US
    day = _days.get(key)
    if day is not None:
        return day
    first, last = (
        EPOCH + timedelta(microseconds=key[1] * QUARTER_US + us) for us in (0, QUARTER_US - 1)
    )
    day = day_of(EPOCH + timedelta(microseconds=ts_us), timezone)
    # Long ago some zones were minutes off: a quarter in which their day began is not remembered.
    if day_of(first, timezone) == day_of(last, timezone):
        if len(_days) >= MAX_DAYS:
            _days.clear()
        _days[key] = day
    return day
