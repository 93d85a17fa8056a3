"""Alarms are raised once per onset, by whoever looks, and resolved when they are over."""

from datetime import UTC, datetime, timedelta

import pytest

from experiments.health.alarms import LATE, UNEQUAL, Alarms
from experiments.models import Delivery, InboxBatch, Notice, Site, Tally, Webhook
from tests.factories import a_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_site()


def put_batch(site: Site, age_s: float) -> InboxBatch:
    received_at = datetime.now(UTC) - timedelta(seconds=age_s)
    return InboxBatch.objects.create(site=site, kind="events", received_at=received_at, doc="{}")


def standing() -> list[tuple[str, str]]:
    rows = Notice.objects.filter(resolved_at=None)
    return list(rows.values_list("onset_key", "severity"))


def test_age__of_less_than_a_minute__raises_nothing(site: Site) -> None:
    put_batch(site, 55)

    Alarms().look()

    assert standing() == []


def test_age__beyond_a_minute__is_an_alarm_once_until_it_is_over(site: Site) -> None:
    Webhook.objects.create(site=site, name="chat", url="https://chat.example/", nonce="n")
    batch = put_batch(site, 61)
    quiet = put_batch(a_site("quiet"), 5)

    for _ in range(3):
        Alarms().look()  # as several processes do

    assert standing() == [(LATE, "alarm")]
    assert Notice.objects.get().site == site
    assert Delivery.objects.count() == 1

    for each in (batch, quiet):
        each.delete()
    Alarms().look()

    assert standing() == []

    put_batch(site, 90)
    Alarms().look()

    assert Notice.objects.filter(onset_key=LATE).count() == 2


def test_difference__seen_twice_by_the_same_watcher__is_an_alarm(site: Site) -> None:
    tally = Tally.objects.create(site=site, slot=1, accepted=3)
    alarms = Alarms()

    alarms.look()
    assert standing() == []
    alarms.look()
    assert standing() == [(UNEQUAL, "alarm")]
    assert "3 events are missing" in Notice.objects.get().detail

    tally.delete()
    alarms.look()

    assert standing() == []


def test_difference__raised_by_another_process__stands_when_one_sees_it_for_the_first_time(
    site: Site,
) -> None:
    Tally.objects.create(site=site, slot=1, accepted=3)
    alarms = Alarms()
    alarms.look()
    alarms.look()

    Alarms().look()  # a process that has just started

    assert standing() == [(UNEQUAL, "alarm")]
    assert Notice.objects.count() == 1


def test_difference__gone_at_the_next_look__is_none(site: Site) -> None:
    tally = Tally.objects.create(site=site, slot=1, accepted=3)
    alarms = Alarms()
    alarms.look()

    tally.delete()
    alarms.look()
    Tally.objects.create(site=site, slot=1, accepted=3)
    alarms.look()

    assert standing() == []
