"""Messages of Segment's libraries become events of ours, member by member."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from experiments.intake.shapes import Line, Money, Unit
from tests.experiments.segment.messages import NOW, a_message, event_from, refused, tracked

PRODUCTS = [
    {"product_id": "sku-1", "price": 12.5, "quantity": 2, "name": "Cup"},
    {"sku": 77, "price": "0.99"},
    {"product_id": None, "sku": "sku-3"},
]
REQUEST = "0192f0a0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Product List Viewed", "view_item_list"),
        ("Product Clicked", "select_item"),
        ("Product Viewed", "view_item"),
        ("Product Added", "add_to_cart"),
        ("Product Removed", "remove_from_cart"),
        ("Product Added to Wishlist", "add_to_wishlist"),
        ("Products Searched", "search"),
        ("Checkout Started", "begin_checkout"),
        ("Order Completed", "purchase"),
        ("order completed", "purchase"),
        ("Order_Completed", "purchase"),
        ("OrderCompleted", "purchase"),
        ("Order Refunded", "refund"),
        ("Product Reviewed", "review"),
        ("Product Shared", "share"),
        ("purchase", "purchase"),
        ("Coupon Applied", "coupon_applied"),
        ("couponApplied", "coupon_applied"),
        ("  Größe – gewählt (2)", "grosse_gewahlt_2"),
        ("a" * 64, "a" * 64),
    ],
)
def test_track__of_a_name__is_our_type(name: str, expected: str) -> None:
    assert event_from(tracked(name)).type == expected


@pytest.mark.parametrize("name", ["", "   ", "注文", "2nd step", "a" * 65, None])
def test_track__of_a_name_that_makes_none__is_refused(name: str | None) -> None:
    assert refused(a_message(event=name)) == ("invalid_field", "event")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("page", "page_view"),
        ("screen", "page_view"),
        ("identify", "identify"),
        ("group", "group"),
        ("alias", "alias"),
    ],
)
def test_call__of_another_kind__has_its_type(kind: str, expected: str) -> None:
    assert event_from(a_message(kind)).type == expected


def test_message__of_an_unknown_type__is_refused() -> None:
    assert refused(a_message("delete")) == ("unknown_type", "type")


def test_message__sent_to_an_address__is_what_the_address_says() -> None:
    message = a_message("")

    assert event_from(message, kind="page").type == "page_view"


def test_order__completed__is_a_purchase_to_the_penny() -> None:
    order = tracked(
        "Order Completed",
        order_id=1001,
        revenue=25.99,
        total=30.0,
        currency="eur",
        coupon="SPRING",
        products=PRODUCTS,
    )

    event = event_from(order)

    assert event.event_id == UUID("018f4e1e-6f3a-4c55-9d8c-0f6f4c1c2d3e")
    assert event.occurred_at == datetime(2026, 11, 20, 11, 59, 30, 250_000, tzinfo=UTC)
    assert event.value == Money(2599, "EUR")
    assert event.order_id == "1001"
    assert event.items == [Line("sku-1", 2, 1250), Line("77", 1, 99), Line("sku-3", 1, None)]
    assert event.properties == {
        "revenue": 25.99, "total": 30.0, "currency": "eur", "coupon": "SPRING",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"revenue": 0.1, "total": 99}, 10),
        ({"revenue": None, "total": 99}, 9900),
        ({"total": "12.50"}, 1250),
        ({"revenue": 0, "total": 99}, 0),
        ({"revenue": 3.3000000000000003}, 330),
        ({"value": 3}, None),
        ({}, None),
    ],
)
def test_value__of_an_order__is_the_revenue_else_the_total(
    properties: dict[str, Any], expected: int | None
) -> None:
    for name in ("Order Completed", "Order Refunded", "Checkout Started"):
        value = event_from(tracked(name, **properties)).value
        assert (value and value.amount) == expected


def test_value__of_any_other_event__is_its_revenue_as_a_total_may_count_anything() -> None:
    assert event_from(tracked("Products Searched", total=120)).value is None
    assert event_from(tracked("Plan Renewed", revenue=9)).value == Money(900, "EUR")


def test_money__of_a_message__is_read_as_it_was_written() -> None:
    # As a binary number this would be 9007199254740.9922, and be taken.
    text = json.dumps(tracked("Order Completed", revenue="X"))

    with pytest.raises(Exception, match=r"9007199254740\.9912"):
        event_from(text.replace('"X"', "9007199254740.9912"))


@pytest.mark.parametrize(
    ("currency", "amount", "expected"),
    [("JPY", 1250, 1250), ("EUR", 12.5, 1250), ("KWD", 12.345, 12345)],
)
def test_money__of_a_currency__has_its_decimals(
    currency: str, amount: float, expected: int
) -> None:
    order = tracked("Order Completed", revenue=amount, currency=currency)

    assert event_from(order, currency).value == Money(expected, currency)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"revenue": -1}, ("negative_amount", "properties.revenue")),
        ({"revenue": 1.005}, ("too_precise", "properties.revenue")),
        ({"revenue": True}, ("invalid_field", "properties.revenue")),
        ({"revenue": "12,50"}, ("invalid_field", "properties.revenue")),
        ({"revenue": [1]}, ("invalid_field", "properties.revenue")),
        ({"revenue": 1e300}, ("out_of_range", "properties.revenue")),
        ({"revenue": 1, "currency": "USD"}, ("currency_mismatch", "properties.currency")),
        ({"revenue": 1, "currency": "€"}, ("invalid_field", "properties.currency")),
        ({"revenue": 1, "currency": 978}, ("invalid_field", "properties.currency")),
        ({"order_id": 1.5}, ("invalid_field", "properties.order_id")),
        ({"order_id": ""}, ("invalid_field", "properties.order_id")),
        ({"products": {"a": 1}}, ("invalid_field", "properties.products")),
        ({"products": [7]}, ("invalid_field", "properties.products[0]")),
        ({"products": [{"price": 1}]}, ("missing_field", "properties.products[0].product_id")),
        (
            {"products": [{"product_id": True}]},
            ("invalid_field", "properties.products[0].product_id"),
        ),
        (
            {"products": [{"sku": "a"}, {"sku": "b", "price": "?"}]},
            ("invalid_field", "properties.products[1].price"),
        ),
        (
            {"products": [{"sku": "a", "price": 1, "currency": "USD"}]},
            ("currency_mismatch", "properties.currency"),
        ),
        (
            {"products": [{"sku": "a", "quantity": 1.5}]},
            ("out_of_range", "properties.products[0].quantity"),
        ),
        (
            {"products": [{"sku": "a", "quantity": -1}]},
            ("out_of_range", "properties.products[0].quantity"),
        ),
    ],
)
def test_order__with_a_bad_member__is_refused_with_its_place(
    properties: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert refused(tracked("Order Completed", **properties)) == expected


def test_product__clicked__is_joined_to_its_list_and_rank() -> None:
    click = tracked(
        "Product Clicked",
        product_id=42,
        position=3,
        quantity="2",
        price=9.999,
        request_id=REQUEST,
        exposure_token="1.abc",
    )

    event = event_from(click)

    assert (event.item_id, event.rank, event.quantity) == ("42", 3, 2)
    assert (event.request_id, event.exposure_token) == (UUID(REQUEST), "1.abc")
    assert (event.items, event.value) == ([], None)


@pytest.mark.parametrize("position", [0, 10_001, "3", True, None, 1.5])
def test_position__that_is_no_rank__is_no_rank_and_stays_a_property(position: object) -> None:
    event = event_from(tracked("Product Clicked", product_id="a", position=position))

    assert event.rank is None
    assert event.properties.get("position") == position


@pytest.mark.parametrize(
    "properties",
    [
        {"experiment_id": "home-test", "variation_id": "treatment"},
        {"experiment_name": "home-test", "variation_name": "treatment"},
        {"experiment": "home-test", "variant": "treatment", "experiment_id": 7},
    ],
)
def test_experiment__viewed__is_an_exposure(properties: dict[str, Any]) -> None:
    message = tracked("Experiment Viewed", **properties, kept="a-token")
    message["context"]["traits"] = {"country": "DE"}

    event = event_from(message)

    assert event.type == "exposure"
    assert event.properties["experiment"] == "home-test"
    assert event.properties["variant"] == "treatment"
    assert event.properties["kept"] == "a-token"
    assert event.attributes == {"country": "DE"}


def test_experiment__viewed_in_no_variant__is_refused() -> None:
    message = tracked("Experiment Viewed", experiment_id="home-test")

    assert refused(message) == ("missing_field", "properties.variation_id")


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ({"anonymousId": "v-1", "userId": 42}, Unit("v-1", "42")),
        ({"anonymousId": None, "userId": "a-1"}, Unit(None, "a-1")),
        ({"anonymousId": 7}, Unit("7", None)),
    ],
)
def test_ids__of_a_message__are_visitor_and_account(ids: dict[str, Any], expected: Unit) -> None:
    assert event_from(a_message("page", **ids)).unit == expected


def test_alias__of_a_visitor_who_signed_in__names_both() -> None:
    message = a_message("alias", anonymousId=None, previousId="v-9", userId="a-9")

    assert event_from(message).unit == Unit("v-9", "a-9")


def test_message__of_nobody__is_refused() -> None:
    assert refused(a_message("page", anonymousId=None)) == ("missing_field", "anonymousId")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"anonymousId": ""}, "anonymousId"),
        ({"userId": ["a"]}, "userId"),
        ({"messageId": None}, "messageId"),
        ({"messageId": ""}, "messageId"),
        ({"messageId": "m" * 257}, "messageId"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "2026-11-20T11:59:30"}, "timestamp"),
        ({"properties": [1]}, "properties"),
        ({"context": "web"}, "context"),
    ],
)
def test_message__without_its_shape__is_refused_with_the_field(
    fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=rf"\$\.{field}`"):
        event_from(a_message(event="A", **fields))


def test_page__with_a_name__keeps_it_beside_its_properties() -> None:
    message = a_message("page", name="Home", category="Docs", properties={"path": "/"})

    assert event_from(message).properties == {"name": "Home", "category": "Docs", "path": "/"}


def test_identify__with_traits__keeps_them_as_attributes() -> None:
    message = a_message("identify", userId="a-1", traits={"plan": "pro", "age": 30.5})

    assert event_from(message).attributes == {"plan": "pro", "age": 30.5}


def test_properties__that_no_event_holds__are_left_out_and_cost_nothing() -> None:
    deep: Any = 1
    for _ in range(20):
        deep = {"a": deep}
    given = {"url": "x" * 300, "n" * 300: 1, "huge": 2**63, "deep": deep, "good": [1, {"b": 2.5}]}
    text = json.dumps(tracked("Coupon Applied", **given, endless="X")).replace('"X"', "1e400")

    assert event_from(text).properties == {"good": [1, {"b": 2.5}]}


def test_properties__too_many__are_the_first_ones() -> None:
    event = event_from(tracked("Coupon Applied", **{f"p{i}": i for i in range(100)}))

    assert list(event.properties) == [f"p{i}" for i in range(64)]


def test_message__without_a_timestamp__happened_when_it_arrived() -> None:
    assert event_from(a_message("page", timestamp=None)).occurred_at == NOW
