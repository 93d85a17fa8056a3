"""A batch that cannot be applied holds up nobody, and is kept."""

import pytest

from experiments.drain import drain_once
from experiments.drain.isolating import MAX_ATTEMPTS
from experiments.models import Event, InboxBatch, Quarantine
from tests.experiments.drain.waiting import an_event, put_events, put_poison, refused_writes
from tests.factories import a_site

pytestmark = pytest.mark.django_db(transaction=True)


def test_poison_batch__first_pass__lets_its_neighbours_through() -> None:
    site = a_site()
    put_events(site, an_event())
    poison = put_poison(site)
    put_events(site, an_event())

    done = drain_once()

    assert (done.batches, done.events) == (2, 2)
    assert Event.objects.count() == 2
    left = InboxBatch.objects.get()
    assert (left.pk, left.attempts) == (poison.pk, 1)
    assert "missing required field" in left.error


def test_poison_batch__fifth_attempt__is_quarantined_whole() -> None:
    site = a_site()
    poison = put_poison(site)

    for _ in range(MAX_ATTEMPTS):
        drain_once()

    assert not InboxBatch.objects.exists()
    kept = Quarantine.objects.get()
    assert (kept.site_id, kept.code, kept.body) == (site.pk, "poison", poison.doc)
    assert "events batch failed 5 times: Object missing required field" in kept.detail


def test_poison_batch__events_that_come_after__are_applied_in_each_pass() -> None:
    site = a_site()
    put_poison(site)

    for number in range(1, MAX_ATTEMPTS + 2):
        put_events(site, an_event())
        drain_once()
        assert Event.objects.count() == number

    assert Quarantine.objects.count() == 1


def test_poison_batch__more_of_them_than_one_pass_takes__do_not_block_the_queue() -> None:
    site = a_site()
    for _ in range(3):
        put_poison(site)
    put_events(site, an_event())

    for _ in range(MAX_ATTEMPTS + 1):
        drain_once(limit=3)

    assert Quarantine.objects.filter(code="poison").count() == 3
    assert Event.objects.count() == 1


def test_batch__database_refuses_for_a_while__is_not_counted_as_poison() -> None:
    site = a_site()
    put_events(site, an_event())

    with refused_writes("experiments_event"):
        for _ in range(MAX_ATTEMPTS + 1):
            drain_once()
        waiting = InboxBatch.objects.get()
    done = drain_once()

    assert waiting.attempts == 0
    assert done.events == 1
    assert not Quarantine.objects.exists()
