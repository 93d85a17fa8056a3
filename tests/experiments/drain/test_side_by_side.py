"""Two drains at once, which only PostgreSQL allows: every batch is applied by one of them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from experiments.drain import drain_once
from experiments.drain.lock import TAIL_LOCK
from experiments.models import Event, Exposure, FlaggedUnit, InboxBatch, Quarantine, Slate
from experiments.traffic.flagging import flag_unit
from tests.experiments.drain.waiting import (
    a_purchase,
    a_slate,
    an_event,
    put_events,
    put_slates,
)
from tests.factories import a_site, running_experiment

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite has one writer: nothing is side by side"
    ),
]


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
    """Run `work` in threads, each with a connection of its own; return what they returned."""
    done: list[Any] = []
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait()
        try:
            done.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


@contextmanager
def another_transaction() -> Iterator[Any]:
    """Give a cursor of a transaction beside ours; it commits at the end."""
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            yield cursor
        other.commit()
    finally:
        other.close()


def until_empty() -> int:
    applied = 0
    while done := drain_once(limit=3).batches:
        applied += done
    return applied


def test_drains__four_at_once__apply_every_event_once() -> None:
    site = a_site()
    events = [a_purchase(100 + number) for number in range(1200)]
    for start in range(0, len(events), 20):
        put_events(site, *events[start : start + 20])
        put_events(site, *events[max(0, start - 5) : start + 5])

    applied = in_threads(4, until_empty)
    leftovers = until_empty()

    assert sum(applied) + leftovers == 120
    assert sum(count > 0 for count in applied) > 1
    assert Event.objects.count() == 1200
    total = sum(100 + number for number in range(1200))
    assert Event.objects.aggregate(total=Sum("amount"))["total"] == total
    assert not Quarantine.objects.exists()


def test_drain__batch_held_by_another__takes_the_next() -> None:
    site = a_site()
    put_events(site, an_event())
    put_events(site, a_purchase(5))
    held = InboxBatch.objects.order_by("id").values_list("pk", flat=True)[0]

    with another_transaction() as cursor:
        cursor.execute("SELECT 1 FROM experiments_inboxbatch WHERE id = %s FOR UPDATE", [held])
        done = drain_once()

    assert done.batches == 1
    assert Event.objects.get().type == "purchase"
    assert list(InboxBatch.objects.values_list("pk", flat=True)) == [held]


def test_drain__id_stored_by_another_meanwhile__keeps_the_first_and_sets_ours_aside() -> None:
    site = a_site()
    mine = a_purchase(1)
    put_events(site, mine)
    put_events(site, {**mine, "value": {"amount": 2, "currency": "EUR"}})

    in_threads(2, lambda: drain_once(limit=1))

    kept = Event.objects.get()
    assert kept.amount in {1, 2}
    refused = Quarantine.objects.get()
    assert refused.code == "conflict"
    assert f'"amount":{3 - (kept.amount or 0)},' in refused.body


def test_click_and_slate__applied_at_the_same_time__find_each_other() -> None:
    site = a_site()
    rounds = 12
    for _ in range(rounds):
        seen = a_slate(site, visitor_id="v-9")
        put_slates(seen)
        put_events(site, an_event("select_item", unit={}, request_id=str(seen.request_id)))
        in_threads(2, lambda: drain_once(limit=1))

    assert not InboxBatch.objects.exists()
    assert Slate.objects.filter(clicked=1).count() == rounds
    assert Event.objects.filter(visitor_id="v-9").count() == rounds


def test_drain__another_is_joining__waits_for_its_commit() -> None:
    site = a_site()
    put_slates(a_slate(site))
    waited: list[float] = []

    def timed() -> None:
        began = time.monotonic()
        drain_once()
        waited.append(time.monotonic() - began)
        connection.close()

    thread = threading.Thread(target=timed)
    with another_transaction() as cursor:
        from experiments.drain.lock import TAIL_LOCK

        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TAIL_LOCK])
        thread.start()
        time.sleep(0.4)
    thread.join()

    assert waited[0] >= 0.4
    assert Slate.objects.count() == 1


def test_flag__while_a_drain_has_the_units_exposure__waits_and_ends_neither() -> None:
    site = a_site()
    put_slates(a_slate(site, variant=running_experiment(site).variants.get(key="control")))
    drain_once()
    flag = FlaggedUnit(site=site, unit_type="visitor", unit_id="v-1", traffic="internal")

    with another_transaction() as drain:
        drain.execute("UPDATE experiments_exposure SET is_multiple = is_multiple")
        flagging = threading.Thread(target=in_threads, args=(1, lambda: flag_unit(flag)))
        flagging.start()
        time.sleep(0.5)  # long enough for it to wait for the exposure
        drain.execute("SELECT pg_advisory_xact_lock(%s)", [TAIL_LOCK])
    flagging.join()

    assert Exposure.objects.get().traffic == "internal"
