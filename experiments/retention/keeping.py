"""Which days of a site may go: older than it keeps, and needed by nobody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from experiments.clock import EPOCH, MICROSECOND, day_of
from experiments.models import Site
from experiments.registries import KEPT_DAYS
from experiments.retention.tables import TABLES, Table, site_rows
from experiments.selectors import newest_event_us

# Events are taken up to seven days late, and a day is only worth exporting once it is whole.
FEWEST_DAYS = 14


@dataclass(frozen=True, slots=True)
class Going:
    """A site's day that may be exported and dropped."""

    table: Table
    site: Site
    day: str
    n_rows: int


def first_kept_day(site: Site, *, now: datetime) -> str | None:
    """Return the first day (ISO) of a site that has to stay; None when all do.

    The rooms are asked which days they still need, such as those of running experiments.
    """
    if site.retention_days is None:
        return None
    kept = max(site.retention_days, FEWEST_DAYS)
    if site.is_simulated and (newest_us := newest_event_us(site.pk)):
        now = min(now, EPOCH + newest_us * MICROSECOND)  # its clock stands at its latest row
    needed = [day for ask in KEPT_DAYS if (day := ask(site.pk)) is not None]
    return min([day_of(now - timedelta(days=kept), site.timezone), *needed])


def days_to_go(*, now: datetime) -> list[Going]:
    """Return what may be exported and dropped, the oldest days first."""
    found = [
        going
        for site in Site.objects.filter(retention_days__isnull=False)
        for going in _days_of(site, first_kept_day(site, now=now))
    ]
    return sorted(found, key=lambda going: (going.table.name, going.day, going.site.pk))


def _days_of(site: Site, first_kept: str | None) -> Iterator[Going]:
    tables = [table for table in TABLES.values() if table.is_dropped]
    for table in tables if first_kept else ():
        rows = site_rows(table, site.pk).filter(day__lt=first_kept).order_by()
        for day, n_rows in rows.values_list("day").annotate(n_rows=Count("pk")):
            yield Going(table, site, day, n_rows)
