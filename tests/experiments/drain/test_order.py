"""The same facts in any order of arrival come to the same rows."""

import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from experiments.drain import drain_once
from experiments.models import Event, Experiment, Exposure, Site, Slate
from tests.experiments.drain.waiting import (
    a_purchase,
    a_slate,
    an_event,
    put_events,
    put_slates,
    variants_of,
)
from tests.factories import NOW, a_site, running_experiment

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = NOW + 15 * MINUTE
Arrivals = Sequence[Callable[[], None]]


def history(site: Site, experiment: Experiment) -> Arrivals:
    """Return one visitor's day as five documents; each call lets its document wait."""
    variants = variants_of(experiment)
    early = a_slate(site, variant=variants["control"], at=NOW)
    late = a_slate(site, variant=variants["treatment"], at=NOW + 9 * MINUTE, account_id="a-1")
    click = an_event("select_item", at=NOW + MINUTE, unit={}, request_id=str(early.request_id))
    before = a_purchase(500, at=NOW - MINUTE)
    bought = a_purchase(1999, at=NOW + 10 * MINUTE, request_id=str(late.request_id))
    return (
        lambda: put_slates(early),
        lambda: put_slates(late),
        lambda: put_events(site, click, before, now=LATER),
        lambda: put_events(site, bought, now=LATER),
        lambda: put_events(site, bought, click, now=LATER),
    )


def stored() -> dict[str, Any]:
    """Return all that the documents came to."""
    return {
        "events": sorted(
            Event.objects.values_list("event_id", "visitor_id", "account_id", "amount", "ts_us")
        ),
        "slates": sorted(Slate.objects.values_list("request_id", "clicked")),
        "exposures": list(
            Exposure.objects.values_list("unit_id", "variant__key", "first_at", "is_multiple")
        ),
    }


@pytest.mark.parametrize("documents_per_pass", [1, 2, 5])
def test_drain__every_order_of_arrival__stores_the_same(documents_per_pass: int) -> None:
    site = a_site()
    arrivals = history(site, running_experiment(site))
    outcomes = []

    for order in itertools.permutations(arrivals):
        with transaction.atomic():
            for start in range(0, len(order), documents_per_pass):
                for put in order[start : start + documents_per_pass]:
                    put()
                drain_once()
            outcomes.append(stored())
            transaction.set_rollback(True)

    assert len(outcomes) == 120
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert outcomes[0]["exposures"] == [("v-1", "control", NOW, True)]
    assert [clicked for _id, clicked in outcomes[0]["slates"]].count(1) == 1
    assert [row[1:4] for row in sorted(outcomes[0]["events"], key=lambda row: row[4])] == [
        ("v-1", "", 500),
        ("v-1", "", None),
        ("v-1", "a-1", 1999),
    ]
