"""Moments as pages write them: in the site's own zone, short, and how long ago."""

from datetime import datetime, timedelta

from experiments.clock import zone
from experiments.models import Site

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def day_text(moment: datetime, site: Site) -> str:
    """Return the day of a moment in the site's zone: 26 Oct 2026."""
    return f"{moment.astimezone(zone(site.timezone)):%-d %b %Y}"


def moment_text(moment: datetime, site: Site) -> str:
    """Return a moment in the site's zone: Mon 26 Oct, 08:00."""
    return f"{moment.astimezone(zone(site.timezone)):%a %-d %b, %H:%M}"


def short_moment(moment: datetime, site: Site) -> str:
    """Return a moment in the site's zone, for narrow columns: 26 Oct, 08:00."""
    return f"{moment.astimezone(zone(site.timezone)):%-d %b, %H:%M}"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was, in its largest unit.

    >>> from datetime import UTC
    >>> ago(datetime(2026, 11, 20, 9, 30, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC))
    '2 h ago'
    """
    passed = now - moment
    if passed < MINUTE:
        return "just now"
    for unit, name in ((DAY, "days"), (HOUR, "h"), (MINUTE, "min")):
        if passed >= unit:
            count = passed // unit
            return f"{count} {'day' if name == 'days' and count == 1 else name} ago"
    return "just now"
