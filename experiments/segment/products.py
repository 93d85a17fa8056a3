"""Products in Segment's messages: their ids, quantities and prices."""

from collections.abc import Mapping
from typing import Any

from experiments.intake.refusals import Refused
from experiments.intake.shapes import Line, Money
from experiments.segment.money import currency_of, minor_units, number_of

IDS = ("product_id", "sku")  # the catalogue's own id first
# "revenue" is what the shop earned; "total" adds tax and shipping, and stands in for it.
ORDER_AMOUNTS = ("revenue", "total")
ORDERS = frozenset({"purchase", "refund", "begin_checkout"})


def item_id_of(product: Mapping[str, Any], *, field: str) -> str | None:
    """Return a product's id as text, None when it has none; raises Refused."""
    return next(
        (id_text(product[n], f"{field}.{n}") for n in IDS if product.get(n) is not None), None
    )


def id_text(value: object, field: str) -> str:
    """Return an id as text; raises Refused on what is neither a text nor a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        detail = f"expected a text or a whole number, got {str(value)[:40]!r}"
        raise Refused("invalid_field", field, detail)
    return str(value)


def lines_of(properties: Mapping[str, Any], *, site_currency: str) -> list[Line]:
    """Return the lines of a list, a basket or an order; raises Refused."""
    products = properties.get("products") or []
    if not isinstance(products, list):
        raise Refused("invalid_field", "properties.products", "expected a list of products")
    return [
        _line(product, f"properties.products[{place}]", properties, site_currency)
        for place, product in enumerate(products)
    ]


def _line(product: object, field: str, properties: Mapping[str, Any], site_currency: str) -> Line:
    if not isinstance(product, dict):
        raise Refused("invalid_field", field, "expected an object")
    item_id = item_id_of(product, field=field)
    if item_id is None:
        raise Refused("missing_field", f"{field}.product_id", "a product needs a product_id or sku")
    quantity = quantity_of(product, field=field)
    return Line(
        item_id,
        1 if quantity is None else quantity,
        _price(product, field, properties, site_currency),
    )


def _price(
    product: Mapping[str, Any], field: str, properties: Mapping[str, Any], site_currency: str
) -> int | None:
    if product.get("price") is None:
        return None
    given = product.get("currency") or properties.get("currency")
    currency = currency_of(given, site_currency=site_currency)
    return minor_units(product["price"], currency=currency, field=f"{field}.price")


def quantity_of(product: Mapping[str, Any], *, field: str) -> int | None:
    """Return how many, None when it is not said; raises Refused on what is no whole number."""
    if product.get("quantity") is None:
        return None
    where = f"{field}.quantity"
    number = number_of(product["quantity"], field=where)
    if not 0 <= number <= 1_000_000 or number != int(number):
        raise Refused("out_of_range", where, "a quantity is a whole number from 0 to 1000000")
    return int(number)


def value_of(event_type: str, properties: Mapping[str, Any], *, site_currency: str) -> Money | None:
    """Return what an event is worth, None when it does not say; raises Refused.

    An order's `revenue`, else its `total`; of any other event, whose total may count anything, its
    `revenue`.
    """
    names = ORDER_AMOUNTS if event_type in ORDERS else ORDER_AMOUNTS[:1]
    name = next((name for name in names if properties.get(name) is not None), None)
    if name is None:
        return None
    currency = currency_of(properties.get("currency"), site_currency=site_currency)
    amount = minor_units(properties[name], currency=currency, field=f"properties.{name}")
    return Money(amount, currency)
