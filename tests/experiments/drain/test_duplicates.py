"""An event id is an identity for ever."""

from datetime import timedelta

import pytest
from django.db.models import Sum

from experiments.drain import drain_once
from experiments.drain.run import Drained
from experiments.models import Event, InboxBatch, Quarantine
from tests.experiments.drain.waiting import a_purchase, an_event, apply_all, put_events
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db


def test_event__twice_in_one_batch__counts_once() -> None:
    site = a_site()
    bought = a_purchase(1999)
    put_events(site, bought, bought)

    done = drain_once()

    assert done == Drained(batches=1, events=1, duplicates=1)
    assert Event.objects.aggregate(total=Sum("amount"))["total"] == 1999
    assert not InboxBatch.objects.exists()
    assert not Quarantine.objects.exists()


def test_event__in_two_batches_of_one_pass__counts_once() -> None:
    site = a_site()
    bought = a_purchase(1999)
    put_events(site, bought)
    put_events(site, an_event(), bought)

    done = drain_once()

    assert done == Drained(batches=2, events=2, duplicates=1)


def test_event__sent_again_a_month_later__counts_once() -> None:
    site = a_site()
    bought = a_purchase(1999)
    put_events(site, bought)
    drain_once()
    put_events(site, bought, now=NOW + timedelta(days=30))

    done = drain_once()

    assert done == Drained(batches=1, events=0, duplicates=1)
    stored = Event.objects.get()
    assert (stored.amount, stored.received_at) == (1999, NOW)


def test_event__same_content_in_other_key_order__is_a_repeat() -> None:
    site = a_site()
    bought = a_purchase(1999, properties={"a": 1})
    put_events(site, bought)
    put_events(site, dict(reversed(bought.items())))

    done = drain_once()

    assert done.duplicates == 1
    assert not Quarantine.objects.exists()


@pytest.mark.parametrize("passes", [1, 2])
def test_event__same_id_with_another_body__is_set_aside_as_a_conflict(passes: int) -> None:
    site = a_site()
    first = a_purchase(1999)
    second = {**first, "value": {"amount": 1, "currency": "EUR"}}
    put_events(site, first)
    if passes == 2:
        drain_once()
    put_events(site, an_event(), second)

    drain_once()

    assert Event.objects.get(type="purchase").amount == 1999
    assert Event.objects.filter(type="view_item").count() == 1
    kept = Quarantine.objects.get()
    assert (kept.code, kept.field, kept.event_id) == ("conflict", "event_id", first["event_id"])
    assert '"amount":1,' in kept.body


def test_event__same_id_in_two_sites__counts_in_both() -> None:
    bought = a_purchase(1999)
    for site in (a_site("one"), a_site("two")):
        put_events(site, bought)

    apply_all()

    assert Event.objects.count() == 2
    assert not Quarantine.objects.exists()


def test_events__more_than_one_query_holds__are_all_applied_once() -> None:
    site = a_site()
    events = [a_purchase(10 + number) for number in range(1100)]
    put_events(site, *events)
    put_events(site, *events[:600])

    done = drain_once()

    assert (done.events, done.duplicates) == (1100, 600)
    total = sum(10 + number for number in range(1100))
    assert Event.objects.aggregate(total=Sum("amount"))["total"] == total
