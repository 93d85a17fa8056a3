"""Importing history: rows like the drain's, once per id."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from experiments.drain.documents import hash_of
from experiments.intake.importing import EventRecord, ImportCount, event_of, import_events
from experiments.intake.shapes import encoder, event_decoder
from experiments.models import Event
from experiments.services import create_site

AT = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def record(number: int = 1, **fields: Any) -> EventRecord:
    return EventRecord(
        event_id=UUID(int=number), type="purchase", occurred_at=AT, visitor_id="v-1", **fields
    )


def test_import_events__complete_record__fills_every_column() -> None:
    site = create_site(slug="shop", name="Shop", currency="GBP", timezone_name="Europe/London")
    bought = record(
        items=[("sku-1", 2, 150), {"item_id": "sku-2"}],
        amount=299,
        order_id="o-1",
        session_id="s-1",
        account_id="a-1",
        quantity=2,
        attributes={"country": "France"},
        properties={"row": 7},
    )

    count = import_events(site=site, events=[bought])

    row = Event.objects.get(site=site)
    assert count == ImportCount(stored=1)
    assert (row.visitor_id, row.account_id, row.session_id) == ("v-1", "a-1", "s-1")
    assert row.items == [
        {"item_id": "sku-1", "quantity": 2, "price": 150},
        {"item_id": "sku-2", "quantity": 1, "price": None},
    ]
    assert (row.amount, row.currency, row.order_id, row.order_ref) == (299, "GBP", "o-1", "o-1")
    assert (row.quantity, row.attributes, row.properties) == (2, {"country": "France"}, {"row": 7})
    assert row.day == "2026-07-01"
    assert row.is_verified


def test_import_events__no_amount__is_null_without_currency() -> None:
    site = create_site(slug="shop", name="Shop")

    import_events(site=site, events=[record(item_id="sku-1")])

    row = Event.objects.get(site=site)
    assert row.amount is None
    assert row.currency == ""
    assert row.order_ref == str(row.event_id)


def test_import_events__future_moment__is_kept_as_it_is() -> None:
    site = create_site(slug="shop", name="Shop")
    far = datetime(2190, 1, 1, tzinfo=UTC)

    import_events(site=site, events=[replace(record(), occurred_at=far)])

    assert Event.objects.get(site=site).occurred_at == far


def test_import_events__second_time__adds_nothing() -> None:
    site = create_site(slug="shop", name="Shop")
    records = [record(number) for number in range(1, 8)]
    import_events(site=site, events=records[:3], batch=2)

    count = import_events(site=site, events=records, batch=2)

    assert count == ImportCount(stored=4, known=3)
    assert Event.objects.filter(site=site).count() == 7


def test_import_events__id_twice_in_one_batch__counts_the_first() -> None:
    site = create_site(slug="shop", name="Shop")

    count = import_events(site=site, events=[record(amount=1), record(amount=1), record(amount=2)])

    assert count == ImportCount(stored=1, known=1, differing=1)
    assert Event.objects.get(site=site).amount == 1


def test_import_events__same_ids_in_two_sites__are_apart() -> None:
    first, second = (create_site(slug=slug, name=slug) for slug in ("one", "two"))

    import_events(site=first, events=[record()])
    count = import_events(site=second, events=[record()])

    assert count == ImportCount(stored=1)


def test_import_events__progress__hears_of_every_batch() -> None:
    site = create_site(slug="shop", name="Shop")
    heard: list[int] = []

    import_events(site=site, events=(record(n) for n in range(5)), batch=2, progress=heard.append)

    assert heard == [2, 2, 1]


def test_event_of__sent_later_as_json__hashes_alike() -> None:
    bought = record(items=[("sku-1", 2, 150)], amount=299, attributes={"country": "France"})
    sent = {
        "attributes": {"country": "France"},
        "value": {"currency": "EUR", "amount": 299},
        "items": [{"price": 150, "item_id": "sku-1", "quantity": 2}],
        "unit": {"visitor_id": "v-1"},
        "occurred_at": "2026-07-01T22:30:00Z",
        "type": "purchase",
        "event_id": str(UUID(int=1)),
    }

    arrived = event_decoder.decode(msgspec.json.encode(sent))

    imported = event_of(bought, currency="EUR")
    assert hash_of(encoder.encode(imported)) == hash_of(encoder.encode(arrived))
