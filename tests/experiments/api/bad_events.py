"""Events that are refused: what is changed in a good one, and the code and field it is told."""

from typing import Any

from experiments.intake.shapes import MAX_AMOUNT

EUR = {"currency": "EUR"}
BAD_FIELDS: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "id as a number": ({"event_id": 7}, "invalid_field", "event_id"),
    "id that is no UUID": ({"event_id": "evt-1"}, "invalid_field", "event_id"),
    "type in capitals": ({"type": "Purchase"}, "invalid_field", "type"),
    "type as a number": ({"type": 1}, "invalid_field", "type"),
    "no time": ({"occurred_at": None}, "invalid_field", "occurred_at"),
    "time without zone": ({"occurred_at": "2026-11-20T12:00:00"}, "invalid_field", "occurred_at"),
    "leap second": ({"occurred_at": "2016-12-31T23:59:60Z"}, "invalid_field", "occurred_at"),
    "year 0": ({"occurred_at": "0000-01-01T00:00:00Z"}, "invalid_field", "occurred_at"),
    "year 10000": ({"occurred_at": "10000-01-01T00:00:00Z"}, "invalid_field", "occurred_at"),
    "offset of a day": (
        {"occurred_at": "2026-11-20T00:00:00+24:00"},
        "invalid_field",
        "occurred_at",
    ),
    "time as a number": ({"occurred_at": 1_700_000_000}, "invalid_field", "occurred_at"),
    "year 1": ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "too_old", "occurred_at"),
    "eight days old": ({"occurred_at": "2020-01-01T00:00:00Z"}, "too_old", "occurred_at"),
    "unit as text": ({"unit": "v-1"}, "invalid_field", "unit"),
    "visitor as boolean": ({"unit": {"visitor_id": True}}, "invalid_field", "unit.visitor_id"),
    "visitor as float": ({"unit": {"visitor_id": 1.5}}, "invalid_field", "unit.visitor_id"),
    "visitor empty": ({"unit": {"visitor_id": ""}}, "invalid_length", "unit.visitor_id"),
    "visitor too long": (
        {"unit": {"visitor_id": "v" * 257}},
        "invalid_length",
        "unit.visitor_id",
    ),
    "visitor beyond 2^53": (
        {"unit": {"visitor_id": 2**53 + 1}},
        "out_of_range",
        "unit.visitor_id",
    ),
    "visitor 2^64": ({"unit": {"visitor_id": 2**64}}, "out_of_range", "unit.visitor_id"),
    "NUL in the visitor": (
        {"unit": {"visitor_id": "v\x00"}},
        "nul_character",
        "unit.visitor_id",
    ),
    "NUL in a property": (
        {"properties": {"q": ["a", {"b": "\x00"}]}},
        "nul_character",
        "properties.q[1].b",
    ),
    "NUL in a name": ({"properties": {"a\x00b": 1}}, "nul_character", "properties"),
    "half an emoji": ({"properties": {"q": "cut \ud83d"}}, "lone_surrogate", "properties.q"),
    "half an emoji in the id": (
        {"unit": {"visitor_id": "\udc00"}},
        "lone_surrogate",
        "unit.visitor_id",
    ),
    "rank 0": ({"rank": 0}, "out_of_range", "rank"),
    "negative quantity": ({"quantity": -1}, "out_of_range", "quantity"),
    "quantity 2^64": ({"quantity": 2**64}, "out_of_range", "quantity"),
    "float quantity": ({"quantity": 1.5}, "invalid_field", "quantity"),
    "negative money": (
        {"value": {"amount": -1, **EUR}},
        "negative_amount",
        "value.amount",
    ),
    "negative price": (
        {"items": [{"item_id": "a", "price": -1}]},
        "negative_amount",
        "items[0].price",
    ),
    "money 10^30": ({"value": {"amount": 10**30, **EUR}}, "out_of_range", "value.amount"),
    "money 2^64": ({"value": {"amount": 2**64, **EUR}}, "out_of_range", "value.amount"),
    "money beyond the limit": (
        {"value": {"amount": MAX_AMOUNT + 1, **EUR}},
        "out_of_range",
        "value.amount",
    ),
    "money as float": ({"value": {"amount": 19.99, **EUR}}, "invalid_field", "value.amount"),
    "money as text": ({"value": {"amount": "1999", **EUR}}, "invalid_field", "value.amount"),
    "basket beyond the limit": (
        {"items": [{"item_id": "a", "price": MAX_AMOUNT, "quantity": 2}]},
        "out_of_range",
        "items",
    ),
    "another currency": (
        {"value": {"amount": 1, "currency": "USD"}},
        "currency_mismatch",
        "value.currency",
    ),
    "no currency": ({"value": {"amount": 1}}, "missing_field", "value.currency"),
    "purchase without a value": ({"type": "purchase"}, "missing_value", "value"),
    "number beyond 64 bits": (
        {"attributes": {"n": 10**30}},
        "out_of_range",
        "attributes.n",
    ),
    "number of 400 digits": ({"attributes": {"n": 10**400}}, "out_of_range", "attributes.n"),
    "nested 9 deep": (
        {"properties": {"a": [[[[[[[[1]]]]]]]]}},
        "too_deep",
        "properties.a[0][0][0][0][0][0][0]",
    ),
    "text too long": ({"properties": {"a": "x" * 257}}, "too_long", "properties.a"),
    "name too long": ({"properties": {"a": {"x" * 257: 1}}}, "too_long", "properties.a"),
    "65 properties": (
        {"properties": {str(n): n for n in range(65)}},
        "invalid_length",
        "properties",
    ),
    "token as a number": ({"exposure_token": 1}, "invalid_field", "exposure_token"),
}
