"""Merchandising at the staff's hands: what is refused, put on record, and served within seconds."""

import time
from typing import Any

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from experiments.models import Change, Site
from experiments.watching import Watched
from recommenders import state
from recommenders.catalogue import ItemRecord, upsert_items
from recommenders.models import MerchandisingRule, StaticList
from recommenders.state import ServingState
from tests.experiments.admin.forms import signed_in, superuser
from tests.factories import a_site, stocked
from tests.recommenders.shop import a_shop, ask, ids_of

RULES = "/admin/recommenders/merchandisingrule/"
LISTS = "/admin/recommenders/staticlist/"
RULE = {"name": "Summer", "kind": "block", "target": "item", "value": "sku-1", "is_active": "on"}
HINT_S = 5.0  # within which a change has to reach lists


def errors(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.context["adminform"].form.errors)


@pytest.fixture
def site(db: None) -> Site:
    site = a_site()
    stocked(site, 5)
    return site


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"kind": "pin"}, "Say at which rank"),
        ({"kind": "pin", "rank": 101}, "From 1 to 100; it is 101."),
        ({"kind": "pin", "rank": 1, "target": "brand", "value": "brand-1"}, "Only one item"),
        ({"kind": "boost"}, "Say by how much"),
        ({"kind": "boost", "factor": "0"}, "Above 0 and at most 100; it is 0."),
        ({"kind": "boost", "factor": "nan"}, "Enter a number"),
        ({"rank": 3}, "Only a pin has a rank"),
        ({"factor": "2"}, "Only a boost has one"),
        ({"value": "sku-99"}, "has no item"),
        ({"target": "category", "value": "sku-1"}, "has no category"),
        (
            {
                "starts_at_0": "2026-12-02",
                "starts_at_1": "10:00",
                "ends_at_0": "2026-12-02",
                "ends_at_1": "10:00",
            },
            "after it starts",
        ),
    ],
)
def test_rule__that_could_never_work__is_refused_with_the_reason(
    site: Site, changed: dict[str, Any], told: str
) -> None:
    answer = signed_in(superuser()).post(f"{RULES}add/", RULE | {"site": site.pk} | changed)

    assert told in errors(answer)
    assert not MerchandisingRule.objects.exists()


def test_rule__for_another_sites_placement__is_refused(site: Site) -> None:
    other = a_site("other").placements.get(key="home")

    answer = signed_in(superuser()).post(
        f"{RULES}add/", RULE | {"site": site.pk, "placement": other.pk}
    )

    assert "It belongs to Other, not Shop." in errors(answer)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"kind": "pin", "rank": 2},
        {"kind": "boost", "factor": "1.5", "target": "category", "value": "category-1"},
        {"kind": "bury", "target": "brand", "value": "brand-2"},
    ],
)
def test_rule__made_changed_and_deleted__is_on_record(site: Site, changed: dict[str, Any]) -> None:
    client = signed_in(superuser())
    body = RULE | {"site": site.pk} | changed

    made = client.post(f"{RULES}add/", body)
    rule = MerchandisingRule.objects.get()
    client.post(f"{RULES}{rule.pk}/change/", body | {"name": "Winter"})
    client.post(f"{RULES}{rule.pk}/delete/", {"post": "yes"})

    assert made.status_code == 302
    found = list(Change.objects.filter(subject__startswith="merchandising rule").order_by("id"))
    assert [change.action for change in found] == ["create", "edit", "delete"]
    assert (found[1].before, found[1].after) == ({"name": "Summer"}, {"name": "Winter"})
    assert found[0].actor == "ada"
    assert not MerchandisingRule.objects.exists()


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ('"sku-1"', "Write a list of item ids"),
        ("[1]", "Write a list of item ids"),
        ('["sku-1", "sku-1"]', "twice there: sku-1"),
        ('["sku-1", "sku-77"]', "has no sku-77"),
        ("[" + ", ".join(f'"s{n}"' for n in range(201)) + "]", "At most 200"),
    ],
)
def test_static_list__of_what_cannot_be__is_refused(site: Site, ids: str, told: str) -> None:
    body = {"site": site.pk, "name": "Shelf", "item_ids": ids}

    answer = signed_in(superuser()).post(f"{LISTS}add/", body)

    assert told in errors(answer)


def test_static_list__second_for_the_same_place__is_refused(site: Site) -> None:
    client = signed_in(superuser())
    body = {"site": site.pk, "name": "Shelf", "item_ids": '["sku-1"]'}

    first, second = (client.post(f"{LISTS}add/", body) for _ in range(2))

    assert first.status_code == 302
    assert "There is a list already: Shelf." in errors(second)
    assert Change.objects.filter(subject="static list Shelf", action="create").count() == 1


def placement_body(site: Site, rerank: str) -> dict[str, Any]:
    home = site.placements.get(key="home")
    return {
        "name": home.name,
        "layer": home.layer_id,
        "recommender": "popularity",
        "rerank": rerank,
    }


def test_placement__reranks_for_everybody_who_says_nothing_else(site: Site) -> None:
    home = site.placements.get(key="home")
    url = f"/admin/experiments/placement/{home.pk}/change/"
    client = signed_in(superuser())

    client.post(url, placement_body(site, '{"caps": {"category": 2}}'))
    home.refresh_from_db()
    kept = home.parameters
    shown = client.get(url).context["adminform"].form["rerank"].value()
    client.post(url, placement_body(site, ""))
    home.refresh_from_db()

    assert kept == {"recommender": "popularity", "rerank": {"caps": {"category": 2}}}
    assert '"category": 2' in shown
    assert home.parameters == {"recommender": "popularity"}


def test_placement__with_reranking_that_cannot_be__says_which(site: Site) -> None:
    home = site.placements.get(key="home")

    answer = signed_in(superuser()).post(
        f"/admin/experiments/placement/{home.pk}/change/",
        placement_body(site, '{"caps": {"category": 0}}'),
    )

    assert "rerank.caps.category must be a whole number from 1 to 100; it is 0" in errors(answer)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["rule", "static list", "stock"])
def test_change__reaches_lists_within_seconds(what: str, settings: Settings) -> None:
    """The real thread follows the database."""
    site, _made = a_shop("popularity")
    settings.SNAPSHOT_MAX_AGE_S = 1.0
    nobody = {"recommender": "nobody", "artifact": "nobody@1"}
    asked = nobody if what == "static list" else {}
    if what == "static list":
        site.recommenders.update(champion=None)
        site.artifact_set.update(status="failed")
        state.watched.reset()
    try:
        before = ids_of(ask(site, asked, k=1))
        began = time.monotonic()
        _change(site, what)

        while ids_of(ask(site, asked, k=1)) == before and time.monotonic() - began < 60:
            time.sleep(0.05)

        assert ids_of(ask(site, asked, k=1)) != before
        assert time.monotonic() - began < HINT_S
    finally:
        state.watched.reset()


def _change(site: Site, what: str) -> None:
    if what == "rule":
        MerchandisingRule.objects.create(site=site, name="x", kind="block", value="sku-0")
    elif what == "stock":
        upsert_items(site=site, items=[ItemRecord("sku-0", "Item 0", stock=0)])
    else:
        StaticList.objects.create(site=site, name="x", item_ids=["sku-3"])


def test_rules__of_a_process_without_the_database__come_from_its_copy(site: Site) -> None:
    home = site.placements.get(key="home")
    MerchandisingRule.objects.create(
        site=site, name="p", kind="pin", value="sku-2", rank=1, placement=home
    )
    StaticList.objects.create(site=site, name="s", item_ids=["sku-1"])
    good = state.current()

    def away() -> object:
        raise DatabaseError("nobody listens")

    alone: Watched[ServingState] = Watched(
        "serving state", version=away, load=state._load, restore=state.restore
    )

    assert alone.get() == good
    assert alone.get().rules[site.pk].lists == {"": ("sku-1",)}
    assert [rule.value for rule in alone.get().rules[site.pk].rules] == ["sku-2"]


def test_rules__that_did_not_change__are_taken_over_as_they_are(site: Site) -> None:
    MerchandisingRule.objects.create(site=site, name="b", kind="block", value="sku-2")
    before = state.current().rules[site.pk]

    MerchandisingRule.objects.create(site=a_site("two"), name="b", kind="block", value="sku-2")

    assert state.current().rules[site.pk] is before
