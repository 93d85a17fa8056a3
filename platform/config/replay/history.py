"""The site that a replay runs in: a copy of the shop, and of what happened before a day."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

from django.db import connection, transaction

from config.replay.visits import Deed
from experiments.clock import microseconds, zone
from experiments.errors import InvalidInput, NotFound
from experiments.models import Event, Site
from experiments.services import create_site
from recommenders.catalogue import UPDATED, ItemRecord, upsert_items
from recommenders.models import Item

MAX_SLUG = 50
COPY = (
    "INSERT INTO {table} (site_id, {names}) SELECT %s, {names} FROM {table} "
    "WHERE site_id = %s AND ts_us < %s ORDER BY id"
)
DEED_COLUMNS = (
    "event_id",
    "type",
    "occurred_at",
    "visitor_id",
    "account_id",
    "session_id",
    "order_id",
    "item_id",
    "items",
    "quantity",
    "amount",
    "attributes",
    "properties",
)


def site_named(slug: str) -> Site:
    """Return a site; raises NotFound with those that exist."""
    site = Site.objects.filter(slug=slug).first()
    if site is None:
        known = list(Site.objects.filter(is_replay=False).values_list("slug", flat=True))
        raise NotFound(f"unknown site {slug!r}", known=known, field="site")
    return site


def moment_of(day: str, site: Site) -> datetime:
    """Return the beginning of an ISO day in the site's zone; raises InvalidInput."""
    try:
        date = datetime.fromisoformat(day).date()
    except ValueError:
        raise InvalidInput(f"{day!r} is not a day like 2011-10-01") from None
    return datetime.combine(date, time(), zone(site.timezone)).astimezone(UTC)


@transaction.atomic
def copy_of(source: Site, *, before: datetime, day: str) -> tuple[Site, int]:
    """Return a new replay site with the source's items and its events before a moment.

    The number is that of the events. An earlier replay of the same day stays as it is.
    """
    site = create_site(
        slug=_free_slug(f"{source.slug}-replay-{day}"),
        name=f"{source.name}, replayed from {day}"[:200],
        currency=source.currency,
        timezone_name=source.timezone,
        is_simulated=True,
        is_replay=True,
    )
    upsert_items(site=site, items=_items_of(source))
    return site, _copy_events(source, site, before)


def _free_slug(wanted: str) -> str:
    slug, number = wanted[:MAX_SLUG], 1
    while Site.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{wanted[: MAX_SLUG - 4]}-{number}"
    return slug


def _items_of(source: Site) -> Iterator[ItemRecord]:
    names = ["item_id", "added_at", *(name for name in UPDATED if name != "updated_at")]
    for row in Item.objects.filter(site=source).order_by("pk").values(*names).iterator():
        lists = {name: tuple(row[name]) for name in ("tags", "markets")}
        yield ItemRecord(**{**row, **lists})


def _copy_events(source: Site, site: Site, before: datetime) -> int:
    """Copy rows inside the database: half a million take seconds, not minutes."""
    quote = connection.ops.quote_name
    columns = [
        quote(field.column or field.name)
        for field in Event._meta.concrete_fields
        if not field.primary_key and field.name != "site"
    ]
    names = ", ".join(columns)
    table = quote(Event._meta.db_table)
    statement = COPY.format(table=table, names=names)
    with connection.cursor() as cursor:
        cursor.execute(statement, [site.pk, source.pk, microseconds(before)])
        return int(cursor.rowcount)


def deeds_of(source: Site, *, start: datetime, until: datetime | None) -> Iterator[Deed]:
    """Yield what happened in [start, until), in time order; rows of one moment as stored."""
    rows = Event.objects.filter(site=source, ts_us__gte=microseconds(start))
    if until is not None:
        rows = rows.filter(ts_us__lt=microseconds(until))
    values: Any = rows.order_by("ts_us", "id").values_list(*DEED_COLUMNS)
    for row in values.iterator(chunk_size=5_000):
        yield Deed(*row)
