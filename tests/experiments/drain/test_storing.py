"""Streamed rows are what Django's own insert would have stored, in whichever partition."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.db import DatabaseError, connection, transaction
from django.forms.models import model_to_dict

from experiments.clock import microseconds
from experiments.drain import drain_once
from experiments.drain.rows import EventRow
from experiments.drain.storing import store_events
from experiments.intake.importing import EventRecord, import_events
from experiments.models import Event, Site
from tests.experiments.drain.waiting import an_event, put_events
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db
MOMENT = NOW + timedelta(microseconds=7)
# What would end a field or a row of a stream, or mean nothing there, were it not escaped.
TEXTS = ["v-ü", "a\tb", "a\nb\r", "\\N", "\\.", "a\\tb", 'q"', "100 %s", "☃ 🜚", " "]


def a_row(site: Site, text: str = "v-1", **fields: Any) -> EventRow:
    values: dict[str, Any] = {
        "site_id": site.pk,
        "event_id": str(uuid.uuid4()),
        "type": "purchase",
        "occurred_at": MOMENT,
        "ts_us": microseconds(MOMENT),
        "day": "2026-11-20",
        "received_at": datetime(2026, 11, 20, 13, 0, tzinfo=UTC),
        "api_key_id": 3,
        "visitor_id": text,
        "account_id": "",
        "session_id": text,
        "request_id": uuid.UUID(int=99),
        "item_id": text,
        "rank": None,
        "items": msgspec.json.encode([{"item_id": text, "quantity": 2, "price": None}]).decode(),
        "quantity": None,
        "amount": 10**13,
        "currency": "EUR",
        "order_id": "",
        "order_ref": text,
        "attributes": msgspec.json.encode({"nested": {text: [1, 2.5, None, text]}}).decode(),
        "properties": "{}",
        "is_verified": False,
        "borrowed": 5,
    }
    return EventRow(**(values | fields))


def saved_by_django(row: EventRow) -> Event:
    held = msgspec.structs.asdict(row)
    for name in ("items", "attributes", "properties"):
        held[name] = msgspec.json.decode(held[name])
    return Event.objects.create(**held)


@pytest.mark.parametrize("text", TEXTS)
def test_store__complete_row__is_what_django_stores(text: str) -> None:
    one, two = a_site("one"), a_site("two")
    saved_by_django(a_row(two, text))
    store_events([a_row(one, text)])

    ours, theirs = (model_to_dict(Event.objects.get(site=site)) for site in (one, two))

    own = {"id", "site", "event_id"}
    assert {k: v for k, v in ours.items() if k not in own} == {
        k: v for k, v in theirs.items() if k not in own
    }
    assert ours["occurred_at"] == MOMENT


@pytest.mark.parametrize("amount", [-1, 10**13 + 1])
def test_store__amount_out_of_bounds__is_refused_by_the_database(amount: int) -> None:
    site = a_site()

    with pytest.raises(DatabaseError), transaction.atomic():
        store_events([a_row(site), a_row(site, amount=amount)])

    assert not Event.objects.exists()


def partitions() -> Sequence[tuple[str, str]]:
    """Return each event's type with the table that it is in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT type, tableoid::regclass::text FROM experiments_event ORDER BY type")
        return [(row[0], row[1]) for row in cursor.fetchall()]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions")
def test_drain__a_day_with_a_partition_and_one_without__go_to_their_tables() -> None:
    site = a_site()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE experiments_event_own PARTITION OF experiments_event"
            " FOR VALUES IN ('2026-11-20')"
        )
    put_events(
        site, an_event("add_to_cart", at=NOW), an_event("view_item", at=NOW - timedelta(days=2))
    )

    drain_once()

    assert partitions() == [
        ("add_to_cart", "experiments_event_own"),
        ("view_item", "experiments_event_rest"),
    ]


def test_import__after_the_same_event_came_by_http__adds_nothing() -> None:
    site = a_site()
    record = EventRecord(uuid.UUID(int=5), "view_item", NOW, visitor_id="v-1", item_id="sku-1")
    first = import_events(site=site, events=[record])

    again = import_events(site=site, events=[record, replace(record, item_id="sku-2")])

    assert (first.stored, again.stored, again.known, again.differing) == (1, 0, 1, 1)
    assert Event.objects.get().item_id == "sku-1"
