"""Many rows at once: what Django's own insert would have stored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from django.forms.models import model_to_dict

from experiments.intake.bulk import insert_rows
from experiments.intake.importing import EventRecord, import_events
from experiments.models import Event, Site
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db


def a_row(site: Site, number: int = 1, **fields: object) -> Event:
    values = {
        "site": site,
        "event_id": UUID(int=number),
        "type": "purchase",
        "occurred_at": NOW + timedelta(microseconds=7),
        "ts_us": 1_763_640_000_000_007,
        "day": "2026-11-20",
        "received_at": datetime(2026, 11, 20, 13, 0, tzinfo=UTC),
        "visitor_id": "v-ü",
        "request_id": UUID(int=99),
        "items": [{"item_id": "sku-1", "quantity": 2, "price": None}],
        "amount": 10**13,
        "attributes": {"nested": {"text": "a 'quoted' \"word\" 100 %s", "list": [1, 2.5, None]}},
        "is_verified": False,
    }
    return Event(**(values | fields))


def test_insert__complete_row__stores_what_django_stores() -> None:
    one, two = a_site("one"), a_site("two")
    insert_rows([a_row(one)])
    a_row(two).save()

    ours, theirs = (model_to_dict(Event.objects.get(site=site)) for site in (one, two))

    own = {"id", "site"}
    assert {k: v for k, v in ours.items() if k not in own} == {
        k: v for k, v in theirs.items() if k not in own
    }
    assert ours["occurred_at"] == NOW + timedelta(microseconds=7)


def test_insert__nothing__does_nothing() -> None:
    insert_rows([])

    assert not Event.objects.exists()


@pytest.mark.parametrize("amount", [-1, 10**13 + 1])
def test_insert__amount_out_of_bounds__is_refused_by_the_database(amount: int) -> None:
    site = a_site()

    with pytest.raises(DatabaseError), transaction.atomic():
        insert_rows([a_row(site, 1), a_row(site, 2, amount=amount)])

    assert not Event.objects.exists()


def test_import__after_the_same_event_came_by_http__adds_nothing() -> None:
    site = a_site()
    record = EventRecord(UUID(int=5), "view_item", NOW, visitor_id="v-1", item_id="sku-1")
    first = import_events(site=site, events=[record])

    again = import_events(site=site, events=[record, replace(record, item_id="sku-2")])

    assert (first.stored, again.stored, again.known, again.differing) == (1, 0, 1, 1)
    assert Event.objects.get().item_id == "sku-1"
