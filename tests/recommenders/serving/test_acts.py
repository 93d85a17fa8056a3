"""What a visitor did just now changes the next list: through the endpoints and the drain."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from experiments.assignment.specs import UnitIds
from experiments.drain import drain_once
from experiments.models import Event, Site
from recommenders import state
from recommenders.loaded import cache
from recommenders.serving import Wish
from recommenders.serving.acts import FADING, MOST_ACTS, Act, acts_of, recent_row
from tests.callers import Caller, an_event, caller_for
from tests.factories import a_site, stocked, trained
from tests.recommenders.shop import a_shop, ask, with_history

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(settings: Settings) -> tuple[Site, Caller]:
    """Return a shop whose home page is served by item neighbours; nothing refreshes by itself."""
    site, _made = a_shop("popularity", "item_knn")
    site.placements.filter(key="home").update(parameters={"recommender": "item_knn"})
    site.save()
    caller = caller_for(site)
    listed(caller)
    settings.SNAPSHOT_MAX_AGE_S = 3600
    return site, caller


def listed(caller: Caller, visitor: str = "fresh", **fields: Any) -> dict[str, Any]:
    body = {"unit": {"visitor_id": visitor}, "placement": "home", "k": 3} | fields
    found: dict[str, Any] = caller.post("recommendations", body).json()
    return found


def send(caller: Caller, kind: str, item_id: str, visitor: str = "fresh", **fields: Any) -> None:
    event = an_event(kind, item_id=item_id, unit={"visitor_id": visitor}, **fields)
    assert caller.post("events", {"events": [event]}).status_code == 202
    drain_once()


def test_click__of_a_new_visitor__changes_the_next_list(shop: tuple[Site, Caller]) -> None:
    _site, caller = shop
    before = listed(caller)

    send(caller, "select_item", "sku-4")

    after = listed(caller)
    assert (before["recommender"]["name"], before["fallback"]) == ("popularity", "unknown_unit")
    assert after["recommender"]["name"] == "item_knn"
    assert after["items"][0]["reason"] == "similar to what you viewed"
    # sku-5 was bought by one of the two who bought sku-4, sku-0 by them and four others.
    assert {item["item_id"] for item in after["items"]} <= {f"sku-{n}" for n in range(6)}


def test_click__of_somebody_else__changes_nothing(shop: tuple[Site, Caller]) -> None:
    _site, caller = shop

    send(caller, "select_item", "sku-4", visitor="another")

    assert listed(caller)["recommender"]["name"] == "popularity"


def test_click__of_the_day_before_yesterday__is_no_recent_act(shop: tuple[Site, Caller]) -> None:
    _site, caller = shop
    long_ago = (datetime.now(UTC) - timedelta(hours=30)).isoformat()

    send(caller, "select_item", "sku-4", occurred_at=long_ago)

    assert listed(caller)["recommender"]["name"] == "popularity"


def test_page__says_what_was_viewed__no_event_is_needed(shop: tuple[Site, Caller]) -> None:
    _site, caller = shop

    by_page = listed(caller, context={"item_id": "sku-4"})
    by_list = listed(caller, context={"recent_items": ["sku-4", 7]})

    assert by_page["recommender"]["name"] == by_list["recommender"]["name"] == "item_knn"
    assert "sku-4" not in {item["item_id"] for item in by_page["items"]}


@pytest.mark.parametrize("recent", [["sku-1"] * 51, [""], "sku-1", [None]])
def test_recent_items__that_cannot_be__are_refused_by_name(
    shop: tuple[Site, Caller], recent: Any
) -> None:
    _site, caller = shop
    body = {"placement": "home", "context": {"recent_items": recent}}

    answer = caller.post("recommendations", body)

    assert answer.status_code == 400
    assert answer.json()["field"].startswith("context.recent_items")


def test_consent__refused__nothing_of_the_visitor_is_read(shop: tuple[Site, Caller]) -> None:
    _site, caller = shop
    send(caller, "select_item", "sku-4")

    with CaptureQueriesContext(connection) as queries:
        answer = listed(caller, consent={"personalization": False}, context={"item_id": "sku-1"})

    assert answer["recommender"]["name"] == "popularity"
    assert not [query for query in queries if "experiments_event" in query["sql"]]


def test_popularity__reads_no_events(shop: tuple[Site, Caller]) -> None:
    site, _caller = shop

    ask(site)  # the process begins to follow the database

    with CaptureQueriesContext(connection) as queries:
        ask(site, {"recommender": "popularity"})
        reading = len(queries)
        ask(site, {"recommender": "item_knn"}, visitor="v-1")

    assert reading == 0
    (statement,) = [query["sql"] for query in queries]
    assert "experiments_event" in statement


def test_database__away__there_are_no_recent_acts(
    shop: tuple[Site, Caller], caplog: pytest.LogCaptureFixture
) -> None:
    site, _caller = shop

    def refuse(*_args: Any) -> Any:
        raise DatabaseError("nobody listens")

    with connection.execute_wrapper(refuse):
        served = ask(site, {"recommender": "item_knn"}, visitor="v-2")

    assert (served.recommender, served.fallback) == ("item_knn", "")
    assert "recent acts not read: nobody listens" in caplog.text


def test_site__with_hashed_ids__finds_the_visitors_acts() -> None:
    site = a_site()
    site.hash_ids = True
    site.save()
    stocked(site, 12)
    with_history(site)
    trained(site, "popularity", "item_knn")
    site.placements.filter(key="home").update(parameters={"recommender": "item_knn"})
    site.save()
    caller = caller_for(site)
    before = listed(caller)

    send(caller, "select_item", "sku-4")

    assert Event.objects.get(type="select_item").visitor_id.startswith("~")
    assert before["recommender"]["name"] == "popularity"
    assert listed(caller)["recommender"]["name"] == "item_knn"


def test_acts__of_a_unit__are_its_newest_first_and_not_too_many(
    shop: tuple[Site, Caller],
) -> None:
    site, caller = shop
    now = datetime.now(UTC)
    events = [
        an_event(
            "view_item",
            item_id=f"sku-{n}",
            unit={"visitor_id": "busy"},
            occurred_at=(now - timedelta(minutes=n)).isoformat(),
        )
        for n in range(MOST_ACTS + 10)
    ]
    basket = [{"item_id": "sku-1"}, {"item_id": "sku-2"}]
    value = {"amount": 300, "currency": "EUR"}
    unit = {"visitor_id": "busy"}
    events.append(an_event("purchase", items=basket, value=value, order_id="o-1", unit=unit))
    events.append(an_event("page_view", unit={"visitor_id": "busy"}))
    caller.post("events", {"events": events})
    drain_once()

    acts = acts_of(_wish(site, UnitIds(visitor_id="busy"), now + timedelta(seconds=1)))

    assert acts[:2] == [Act("purchase", "sku-1"), Act("purchase", "sku-2")]
    assert [act.item_id for act in acts[2:5]] == ["sku-0", "sku-1", "sku-2"]
    assert len(acts) <= MOST_ACTS + 1


def test_acts__of_an_account_without_a_visitor__are_found(shop: tuple[Site, Caller]) -> None:
    site, caller = shop
    event = an_event("view_item", item_id="sku-3", unit={"account_id": "a-1"})
    caller.post("events", {"events": [event]})
    drain_once()
    now = datetime.now(UTC)

    assert acts_of(_wish(site, UnitIds(account_id="a-1"), now)) == [Act("view_item", "sku-3")]
    assert acts_of(_wish(site, UnitIds(), now)) == []


def _wish(site: Site, units: UnitIds, now: datetime) -> Wish:
    return Wish(site.pk, units, 5, now_us=int(now.timestamp() * 1_000_000))


def test_recent_row__weighs_by_kind_and_by_how_new_an_act_is(shop: tuple[Site, Caller]) -> None:
    site, _caller = shop
    spec = next(spec for (_site, name), spec in state.current().artifacts.items() if "knn" in name)
    artifact = cache.get(site.pk, spec).artifact
    acts = [Act("view_item", "sku-1"), Act("purchase", "sku-2"), Act("view_item", "unknown")]

    row = recent_row(artifact, acts, ("sku-3", "sku-1"))

    assert row is not None
    found = {artifact.item_ids[i]: w for i, w in zip(row.indices, row.data, strict=True)}
    assert found == pytest.approx({"sku-1": 1.0, "sku-2": 5 * FADING, "sku-3": 1.0})
    assert recent_row(artifact, [], ("unknown",)) is None
