"""What a replayed visit sends."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from config.replay.documents import ShownList, event_of, events_of, request_of
from config.replay.visits import Deed, Visit

AT = datetime(2011, 10, 1, 9, 0, tzinfo=UTC)
REQUEST_ID = "0192f0c1-7a2b-7cde-8f01-23456789abcd"
SHOWN = ShownList(REQUEST_ID, {"sku-1": 1, "sku-2": 2})


def bought(number: int, item_id: str, **fields: Any) -> Deed:
    return Deed(
        event_id=UUID(int=number),
        type="purchase",
        at=AT,
        visitor_id="v-1",
        order_id="o-1",
        items=({"item_id": item_id, "quantity": 2, "price": 150},),
        amount=299,
        **fields,
    )


def test_request_of__visit__asks_at_its_beginning_with_what_is_known() -> None:
    later = bought(2, "sku-1")
    visit = Visit([bought(1, "sku-9", attributes={"country": "Spain"}, session_id="s-1"), later])

    assert request_of(visit, placement="home", k=5) == {
        "unit": {"visitor_id": "v-1"},
        "placement": "home",
        "k": 5,
        "context": {"now": "2011-10-01T09:00:00+00:00"},
        "attributes": {"country": "Spain"},
        "session_id": "s-1",
    }


def test_event_of__purchase__keeps_id_price_and_order() -> None:
    assert event_of(bought(1, "sku-1"), currency="GBP") == {
        "event_id": str(UUID(int=1)),
        "type": "purchase",
        "occurred_at": "2011-10-01T09:00:00+00:00",
        "unit": {"visitor_id": "v-1"},
        "order_id": "o-1",
        "items": [{"item_id": "sku-1", "quantity": 2, "price": 150}],
        "value": {"amount": 299, "currency": "GBP"},
    }


def test_event_of__nothing_paid__still_has_its_value() -> None:
    free = Deed(UUID(int=1), "purchase", AT, visitor_id="v-1", amount=0)

    assert event_of(free, currency="GBP")["value"] == {"amount": 0, "currency": "GBP"}


def test_events_of__bought_from_the_list__is_a_click_and_quotes_it() -> None:
    visit = Visit([bought(1, "sku-9"), bought(2, "sku-2")])

    events, hits = events_of(visit, SHOWN, currency="GBP", click="purchase")

    other, click, hit = events
    assert hits == ["sku-2"]
    assert "request_id" not in other
    assert (click["type"], click["item_id"]) == ("select_item", "sku-2")
    assert (click["request_id"], click["rank"]) == (REQUEST_ID, 2)
    assert (hit["request_id"], hit["rank"]) == (REQUEST_ID, 2)
    assert hit["event_id"] == str(UUID(int=2))


def test_events_of__same_item_on_two_rows__is_clicked_once_and_sold_twice() -> None:
    visit = Visit([bought(1, "sku-1"), bought(2, "sku-1")])

    events, hits = events_of(visit, SHOWN, currency="GBP", click="purchase")

    assert [event["type"] for event in events] == ["select_item", "purchase", "purchase"]
    assert hits == ["sku-1"]
    assert all(event["request_id"] == REQUEST_ID for event in events)


def test_events_of__replayed_again__has_the_same_ids() -> None:
    visit = Visit([bought(1, "sku-1")])

    first, _hits = events_of(visit, SHOWN, currency="GBP", click="purchase")
    second, _hits = events_of(visit, SHOWN, currency="GBP", click="purchase")

    assert [event["event_id"] for event in first] == [event["event_id"] for event in second]


def test_events_of__views_are_the_clicks__sales_quote_nothing() -> None:
    viewed = Deed(UUID(int=1), "view_item", AT, visitor_id="v-1", item_id="sku-1")
    visit = Visit([viewed, bought(2, "sku-1")])

    events, hits = events_of(visit, SHOWN, currency="GBP", click="view_item")

    assert [event["type"] for event in events] == ["select_item", "view_item", "purchase"]
    assert hits == ["sku-1"]
    assert "request_id" not in events[2]


def test_events_of__no_list__is_the_bare_history() -> None:
    refund = Deed(UUID(int=1), "refund", AT + timedelta(hours=1), visitor_id="v-1", amount=299)

    events, hits = events_of(Visit([refund]), None, currency="GBP", click="purchase")

    assert (events, hits) == ([event_of(refund, currency="GBP")], [])


def test_shown_list__of_an_answer__knows_ranks() -> None:
    answer = {"request_id": REQUEST_ID, "items": [{"item_id": "sku-1", "rank": 1, "score": 0.5}]}

    assert ShownList.of(answer) == ShownList(REQUEST_ID, {"sku-1": 1})
