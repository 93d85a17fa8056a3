"""The same facts in a thousand orders come to the same rows.

Where the design's faults of order, time and identity are tested, by their numbers (files of this
folder, or under tests/experiments):

32, 33 the same event again, another with its id: test_duplicates.py
34 older than a week: api/test_times.py
35, 36 clocks that are wrong: here, test_events.py, intake/test_skew.py, api/test_times.py
37 a server's clock that steps back: ids are random or the client's, test_duplicates.py
38 days of the site's zone: test_days_of_the_site__decide_the_day below
39, 40 bought before the exposure, seen in two variants: here, test_exposures.py
41 signing in: here, test_links.py, test_claims.py
42, 43, 44 too large, broken, one bad event: api/test_hostile_bodies.py, api/test_events.py
45, 46 hostile values: api/test_poison_corpus.py
47, 48 unknown or wrong variants: test_exposures.py, test_claims.py, test_counted.py
49 forged tokens: test_events.py
50 bots: traffic/, tests/recommenders/api/test_traffic.py
"""

import random

import pytest
from django.db import transaction

from experiments.clock import microseconds
from experiments.drain import drain_once
from experiments.models import Event
from tests.experiments.drain.story import DAY, HOUR, arrive, facts_of, stored
from tests.experiments.drain.waiting import an_event, put_events
from tests.factories import NOW, a_site, running_experiment

pytestmark = pytest.mark.django_db
ORDERS = 1_000
SHARES = 4  # of the orders, each tested by itself, so that processes share them


@pytest.mark.parametrize("share", range(SHARES))
def test_facts__in_a_thousand_random_orders_and_batches__store_the_same(share: int) -> None:
    site = a_site()
    facts = facts_of(site, running_experiment(site))
    with transaction.atomic():
        for fact in facts:
            arrive([fact], random.Random(0))
        expected = stored()
        transaction.set_rollback(True)

    for number in range(share, ORDERS, SHARES):
        with transaction.atomic():
            arrive(facts, random.Random(number))
            assert stored() == expected, f"order {number}"
            transaction.set_rollback(True)


def test_facts__come_to_what_happened() -> None:
    site = a_site()

    arrive(facts_of(site, running_experiment(site)), random.Random(20261120))

    rows = stored()
    bought = {row[4]: row for row in rows["events"] if row[1] == "purchase"}
    assert sorted(bought) == [40, 80, 200, 300, 600, 700, 900, 5_000]
    assert bought[5_000][9:] == (1_500, 1)
    assert bought[300][2] == microseconds(NOW + 4 * HOUR)  # when it came, not when it says
    assert bought[200][2] == microseconds(NOW + HOUR)
    assert bought[600][2] == microseconds(NOW + 14 * DAY)
    assert bought[700][5:8] == ("v-1", "a-1", "")
    assert bought[40][5:8] == ("", "a-1", "")  # before anybody knew who that is
    assert bought[900][5:8] == ("v-3", "", "")
    assert [row[:2] + row[4:5] for row in rows["exposures"]] == [
        ("v-1", "control", False),
        ("v-2", "control", True),
        ("v-3", "treatment", False),
    ]
    assert [clicked for _request, clicked in rows["slates"]].count(1) == 1
    assert rows["links"] == [("v-1", "a-1", microseconds(NOW + 3 * HOUR))]


def test_days_of_the_site__decide_the_day() -> None:
    site = a_site()
    site.timezone = "Europe/Berlin"
    site.save()
    late = NOW.replace(hour=22, minute=59)  # an hour before midnight in Berlin
    put_events(site, an_event(at=late), an_event(at=late + HOUR), now=late + HOUR)

    drain_once()

    days = Event.objects.order_by("ts_us").values_list("day", flat=True)
    assert list(days) == ["2026-11-20", "2026-11-21"]
