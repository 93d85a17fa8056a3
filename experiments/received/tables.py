"""The tables of received events, each narrowed to what the filters let through."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Value
from django.db.models.lookups import Exact
from django.utils import timezone

from experiments.clock import day_of
from experiments.models import Duplicate, Event, Quarantine, Site, Tally
from experiments.received.filters import Filters
from experiments.received.rows import Kind
from experiments.received.walking import Walked, take, walk

# An accepted event is at most seven days old when it comes, and at most five minutes ahead.
OLDEST, AHEAD = timedelta(days=9), timedelta(days=1)
LISTED = ("items", "attributes", "properties")  # large, and not shown in lists


def walk_kind(
    kind: Kind, site: Site, filters: Filters, *, before: int | None, limit: int
) -> Walked:
    """Return the next rows of one kind, newest first."""
    if not filters.shows(kind):
        return Walked([], None)
    if kind == Kind.ACCEPTED:
        return _walk_events(site, filters, before, limit)
    rows = duplicates(site, filters) if kind == Kind.DUPLICATE else quarantined(site, filters)
    return walk(rows, rows.model.objects.all(), before=before, limit=limit)


def _walk_events(site: Site, filters: Filters, before: int | None, limit: int) -> Walked:
    days = _days_of(site, filters)
    if filters.unit or filters.request_id:
        rows = events(filters).filter(days, site=site)
        return take(rows, before=before, limit=limit)
    # Every index of this table begins with the site: with the plain column SQLite would read all
    # of a site's past by one of them, and sort it.
    of_site = Exact(F("site_id") + Value(0), Value(site.pk))
    rows = events(filters).filter(days, of_site)
    return walk(rows, Event.objects.filter(days), before=before, limit=limit)


def events(filters: Filters) -> QuerySet[Event]:
    """Return applied events of any site and day."""
    rows = Event.objects.filter(**_shared(filters))
    if filters.unit:
        # The second condition is that of the index.
        name = f"{filters.unit_type}_id"
        rows = rows.filter(~Q(**{name: ""}), **{name: filters.unit})
    if filters.type:
        rows = rows.filter(type=filters.type)
    if filters.event_id:
        rows = _with_event_id(rows, filters.event_id)
    return rows.defer(*LISTED)


def duplicates(site: Site, filters: Filters) -> QuerySet[Duplicate]:
    """Return repeats."""
    rows = Duplicate.objects.filter(site=site, **_shared(filters))
    if filters.unit:
        rows = rows.filter(**{f"{filters.unit_type}_id": filters.unit})
    if filters.type:
        rows = rows.filter(type=filters.type)
    return _with_event_id(rows, filters.event_id) if filters.event_id else rows


def quarantined(site: Site, filters: Filters) -> QuerySet[Quarantine]:
    """Return refused events; about whom they are is written in their bodies alone."""
    rows = Quarantine.objects.filter(site=site, **_shared(filters))
    if filters.code:
        rows = rows.filter(code=filters.code)
    if filters.event_id:
        rows = rows.filter(event_id__iexact=filters.event_id)
    if filters.unit:
        rows = rows.filter(body__contains=filters.unit)
    return rows


def _shared(filters: Filters) -> dict[str, Any]:
    """Return the lookups that are the same in every table."""
    found: dict[str, Any] = {
        "api_key_id": filters.api_key,
        "received_at__gte": filters.since,
        "received_at__lt": filters.until,
        "request_id": filters.request_id,
    }
    return {name: value for name, value in found.items() if value is not None}


def _with_event_id(rows: QuerySet[Any], event_id: str) -> QuerySet[Any]:
    """Return the rows with this id; what is no UUID is no applied event's."""
    try:
        return rows.filter(event_id=UUID(event_id))
    except ValueError:
        return rows.none()


def _days_of(site: Site, filters: Filters) -> Q:
    """Return the condition on the day: the one asked for, else those that may be received by now.

    PostgreSQL then reads, and locks, no other parts of the table.
    A simulated site's clock is not ours, so there the days before its newest row are read too.
    """
    if filters.day:
        return Q(day=filters.day)
    days = _span(site, filters.since or filters.until or timezone.now(), filters.until)
    newest_us = Tally.objects.filter(site=site, slot=Tally.DRAIN).values_list("newest_us").first()
    if site.is_simulated and newest_us and newest_us[0]:
        newest = datetime.fromtimestamp(newest_us[0] // 1_000_000, tz=timezone.now().tzinfo)
        days |= _span(site, newest, newest)
    return days


def _span(site: Site, since: datetime, until: datetime | None) -> Q:
    first = day_of(since - OLDEST, site.timezone)
    last = day_of((until or timezone.now()) + AHEAD, site.timezone)
    return Q(day__gte=first, day__lte=last)
