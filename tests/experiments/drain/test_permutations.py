"""The same facts in a thousand orders come to the same rows.

Where each fault of order, time and identity is tested (numbers: the fault table of the design):
32 the same event twice, 33 one id for two events: test_duplicates.py · 34 too old:
tests/experiments/api/test_events.py · 35 ahead, 36 wrong clocks: here and
tests/experiments/api/test_times.py · 37 ids while clocks step back: ids are the client's or random
(tests/experiments/intake) · 38 days in the site's zone: test_events.py · 39 purchases before the
exposure, 40 two variants, 41 signing in: here, test_exposures.py, test_links.py · 42–44 sizes,
broken documents, one bad event: tests/experiments/api/test_batches.py and its neighbours · 45–46
hostile values: tests/experiments/api · 47–48 unknown or wrong variants: test_claims.py · 49 forged
tokens: tests/experiments/api/test_events.py · 50 bots: tests/recommenders/api/test_traffic.py.
"""

import random

import pytest
from django.db import transaction

from experiments.clock import microseconds
from tests.experiments.drain.story import DAY, HOUR, arrive, facts_of, stored
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
    assert sorted(bought) == [40, 80, 300, 600, 700, 900, 5_000]
    assert bought[5_000][9:] == (1_500, 1)
    assert bought[300][2] == microseconds(NOW + 4 * HOUR)  # when it came, not when it says
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
