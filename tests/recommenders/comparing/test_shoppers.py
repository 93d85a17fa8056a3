"""Personas are real units of the site; samples are the same for the same seed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from experiments.intake.importing import EventRecord, import_events
from experiments.models import Site
from recommenders.comparing.shoppers import (
    HEAVY,
    LIGHT,
    NEW,
    ONE_CATEGORY,
    PERSONAS,
    Recent,
    recent_of,
)
from tests.factories import NOW, a_site, stocked
from tests.recommenders.shop import a_shop

pytestmark = pytest.mark.django_db


def look(site: Site, unit: str, *items: str, traffic: str = "") -> None:
    events = [
        EventRecord(
            event_id=uuid4(),
            type="view_item",
            occurred_at=NOW - timedelta(hours=1),
            visitor_id=unit,
            item_id=item,
            traffic=traffic,
        )
        for item in items
    ]
    import_events(site=site, events=events)


def test_personas__are_units_that_did_what_they_say() -> None:
    site, _artifacts = a_shop()
    recent = recent_of(site)

    found = {kind: recent.persona(kind) for kind in PERSONAS}

    acts = {kind: len(recent.acts[unit]) for kind, unit in found.items() if unit}
    assert (acts[NEW], acts[HEAVY]) == (1, 6)
    assert 2 <= acts[LIGHT] <= 5
    units = {recent.persona(LIGHT, draw) for draw in range(4)}
    assert units == {"v-1", "v-2", "v-3", "v-4"}


def test_persona__of_one_category__looked_at_nothing_else() -> None:
    acts = {"one": ["a", "b", "a"], "two": ["a", "x", "b"], "few": ["a", "b"], "odd": ["?"] * 3}
    recent = Recent(acts, {"a": "Lamps", "b": "Lamps", "x": "Rugs"})

    assert {recent.persona(ONE_CATEGORY, draw) for draw in range(3)} == {"one"}


def test_recent__leaves_out_bots_and_other_sites_and_takes_one_query_for_events() -> None:
    site, other = a_site(), a_site("other")
    stocked(site, 3)
    look(site, "v-1", "sku-1", "sku-2")
    look(site, "bot", "sku-1", traffic="bot")
    look(other, "stranger", "sku-1")

    with CaptureQueriesContext(
        connection,
    ) as asked:
        recent = recent_of(site)

    assert {unit: sorted(items) for unit, items in recent.acts.items()} == {
        "v-1": ["sku-1", "sku-2"]
    }
    assert len(asked) == 2


def test_recent__of_a_site_without_events__has_nobody() -> None:
    recent = recent_of(a_site())

    assert [recent.persona(kind) for kind in PERSONAS] == [None] * 4
    assert (recent.sample(10, seed=1), recent.novelty([])) == ([], None)


def test_sample__is_the_same_for_a_seed_and_another_for_another() -> None:
    recent = Recent({f"v-{n}": ["a"] for n in range(100)})

    assert recent.sample(10, seed=1) == recent.sample(10, seed=1)
    assert recent.sample(10, seed=1) != recent.sample(10, seed=2)
    assert len(set(recent.sample(10, seed=1))) == 10
    assert len(recent.sample(1_000, seed=1)) == 100


def test_novelty__of_what_few_touched__is_higher() -> None:
    recent = Recent({"v-1": ["a", "b"], "v-2": ["a"], "v-3": ["a"]})

    assert recent.novelty(["a"]) == 0.0
    assert recent.novelty(["b"]) == 1.0
    assert recent.novelty(["never"]) == 2.0
