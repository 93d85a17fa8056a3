"""A site that keeps thirty days, rows of the past, and where they are."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq

from experiments.models import Event, ExportedDay, Site, Slate
from experiments.retention import files
from tests.factories import a_site
from tests.rows import a_slate, an_event

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def keeping_site(slug: str = "shop") -> Site:
    """Return a site that keeps thirty days."""
    site = a_site(slug)
    site.retention_days = 30
    site.save()
    return site


def days_ago(days: int) -> str:
    return (NOW - timedelta(days=days)).date().isoformat()


def store_events(site: Site, *days: int, count: int = 3) -> Sequence[Event]:
    """Store purchases of some days ago, each with something in every kind of column."""
    return Event.objects.bulk_create(
        an_event(
            site,
            "purchase",
            NOW - timedelta(days=ago, minutes=number),
            visitor_id=f"v-{number}",
            items=[{"item_id": "sku-1", "quantity": 2, "price": 999}],
            amount=10**13 - number,
            currency="EUR",
            order_id=f"o-{ago}-{number}",
            order_ref=f"o-{ago}-{number}",
            properties={"note": "café", "n": number},
            refunded=number,
        )
        for ago in days
        for number in range(count)
    )


def store_slates(site: Site, *days: int) -> Sequence[Slate]:
    return Slate.objects.bulk_create(
        a_slate(site, NOW - timedelta(days=ago), visitor_id="v-1", clicked=1, latency_us=900)
        for ago in days
    )


def days_held(model: Any = Event) -> list[str]:
    """Return the days of the rows that are still in the database."""
    return sorted(set(model.objects.values_list("day", flat=True)))


def ids_in_files(table: str = "events") -> list[int]:
    """Return the ids of the rows that the exported files hold."""
    return sorted(
        row_id
        for exported in ExportedDay.objects.filter(table=table)
        for row_id in pq.ParquetFile(files.folder() / exported.file).read().column("id").to_pylist()
    )
