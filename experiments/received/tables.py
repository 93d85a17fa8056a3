"""The tables of received events, each narrowed to what the filters let through."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from experiments.clock import day_of
from experiments.models import Duplicate, Event, Quarantine, Site, Tally
from experiments.received.filters import Filters
from experiments.received.rows import Kind
from experiments.received.walking import Walked, walk

# An accepted event is at most seven days old when it comes, and at most five minutes ahead.
OLDEST, AHEAD = timedelta(days=9), timedelta(days=1)
LISTED = ("items", "attributes", "properties")  # large, and not shown in lists


def walk_kind(
    kind: Kind, site: Site, filters: Filters, *, before: int | None, limit: int
) -> Walked:
    """Return the next rows of one kind, newest first."""
    if not filters.shows(kind):
        return Walked([], None)
    rows = {
        Kind.ACCEPTED: events,
        Kind.DUPLICATE: duplicates,
        Kind.QUARANTINED: quarantined,
    }[kind](site, filters)
    return walk(rows, before=before, limit=limit, is_indexed=_is_indexed(kind, filters))


def _is_indexed(kind: Kind, filters: Filters) -> bool:
    return kind == Kind.ACCEPTED and bool(filters.unit or filters.request_id)


def events(site: Site, filters: Filters) -> QuerySet[Event]:
    """Return applied events of the days around what is asked for: PostgreSQL reads no others."""
    rows = Event.objects.filter(_days_of(site, filters), site=site, **_shared(filters))
    if filters.unit:
        rows = rows.filter(**{f"{filters.unit_type}_id": filters.unit})
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
