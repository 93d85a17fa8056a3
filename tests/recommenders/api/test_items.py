"""`PUT /api/v1/items`: all of a batch or nothing, and the bad field is named."""

from typing import Any

import pytest

from experiments.models import Site
from recommenders.models import Item
from tests.callers import Caller, caller_for, refusal
from tests.factories import a_site

pytestmark = pytest.mark.django_db

GOOD = {"item_id": "sku-1", "title": "Copper kettle"}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no title": ({"title": None}, "title"),
    "title empty": ({"title": ""}, "title"),
    "title too long": ({"title": "t" * 501}, "title"),
    "title with NUL": ({"title": "a\x00"}, "title"),
    "id as number": ({"item_id": 1}, "item_id"),
    "id too long": ({"item_id": "i" * 257}, "item_id"),
    "negative price": ({"price": -1}, "price"),
    "price 2^64": ({"price": 2**64}, "price"),
    "price 10^30": ({"price": 10**30}, "price"),
    "price as float": ({"price": 19.99}, "price"),
    "price as text": ({"price": "1999"}, "price"),
    "negative stock": ({"stock": -1}, "stock"),
    "stock 2^31": ({"stock": 2**31}, "stock"),
    "tags as text": ({"tags": "gift"}, "tags"),
    "65 tags": ({"tags": ["t"] * 65}, "tags"),
    "tag with NUL": ({"tags": ["a", "\x00"]}, "tags[1]"),
    "tag as number": ({"tags": [1]}, "tags[0]"),
    "active as number": ({"is_active": 1}, "is_active"),
    "unknown field": ({"colour": "red"}, "colour"),
    "field of ours": ({"site": 1}, "site"),
}


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site, "items")


def put(caller: Caller, items: Any) -> Any:
    return caller.send("PUT", "items", {"items": items})


def test_item__with_a_bad_field__is_named_and_nothing_of_the_batch_is_stored(
    caller: Caller,
) -> None:
    found = {
        name: refusal(put(caller, [GOOD, GOOD | fields]))[::2]
        for name, (fields, _field) in BAD.items()
    }

    assert found == {name: (400, f"items[1].{field}") for name, (_, field) in BAD.items()}
    assert not Item.objects.exists()


@pytest.mark.parametrize("items", [[], None, {}, "sku", [GOOD] * 1001])
def test_items__not_a_list_of_one_to_a_thousand__are_refused(caller: Caller, items: Any) -> None:
    assert refusal(put(caller, items)) == (400, "invalid_field", "items")


def test_items__put_twice__are_the_same_and_counted_as_known(site: Site, caller: Caller) -> None:
    full = GOOD | {"price": 1999, "tags": ["gift", "\U0001f600"], "stock": 0, "category": "kitchen"}

    first, second = put(caller, [full]).json(), put(caller, [full]).json()

    assert first == {"received": 1, "created": 1}
    assert second == {"received": 1, "created": 0}
    [row] = caller.get("items").json()["results"]
    assert full.items() <= row.items()


def test_items__of_one_id_in_a_batch__keep_the_last(site: Site, caller: Caller) -> None:
    put(caller, [GOOD | {"price": 1}, GOOD | {"price": 2}])

    assert Item.objects.get().price == 2


def test_items__a_thousand__are_stored(caller: Caller) -> None:
    answer = put(caller, [GOOD | {"item_id": f"sku-{n}"} for n in range(1000)])

    assert answer.json() == {"received": 1000, "created": 1000}
