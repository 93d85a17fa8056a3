"""`/api/v1/items`: each item of a batch is judged alone, and the bad field is named."""

from typing import Any
from urllib.parse import quote

import pytest

from experiments.models import Site
from recommenders.models import CatalogueVersion, Item
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
    "market in words": ({"markets": ["Germany"]}, "markets[0]"),
    "market with line end": ({"markets": ["DE\n"]}, "markets[0]"),
    "age without a zone": ({"added_at": "2026-11-20T12:00:00"}, "added_at"),
}


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site, "items")


def put(caller: Caller, items: Any) -> Any:
    return caller.send("PUT", "items", {"items": items})


def test_items__with_a_bad_field__are_named_and_their_neighbours_stored(caller: Caller) -> None:
    batch = [GOOD, *({**GOOD, "item_id": "bad"} | fields for fields, _field in BAD.values())]

    answer = put(caller, [*batch, GOOD | {"item_id": "sku-2"}]).json()

    refused = {each["index"]: each["field"] for each in answer["rejected"]}
    assert refused == {n: field for n, (_fields, field) in enumerate(BAD.values(), start=1)}
    assert (answer["received"], answer["created"]) == (2, 2)
    assert set(Item.objects.values_list("item_id", flat=True)) == {"sku-1", "sku-2"}


def test_items__refused__say_the_code_and_the_reason(caller: Caller) -> None:
    bad = [{"title": "Kettle"}, GOOD | {"price": -1}, GOOD | {"stock": 2**31}, "sku", GOOD]

    refused = put(caller, bad).json()["rejected"]

    assert [(each["index"], each["code"], each["field"]) for each in refused] == [
        (0, "missing_field", "item_id"),
        (1, "negative_amount", "price"),
        (2, "out_of_range", "stock"),
        (3, "invalid_field", None),
    ]
    assert refused[1]["detail"] == "Expected `int` >= 0"


def test_items__with_half_a_character__are_refused_alone(caller: Caller) -> None:
    body = rb'{"items": [{"item_id": "a", "title": "\ud83d"}, {"item_id": "b", "title": "B"}]}'

    answer = caller.send("PUT", "items", body).json()

    assert [each["index"] for each in answer["rejected"]] == [0]
    assert Item.objects.get().item_id == "b"


@pytest.mark.parametrize("items", [[], None, {}, "sku", [GOOD] * 1001])
def test_items__not_a_list_of_one_to_a_thousand__are_refused(caller: Caller, items: Any) -> None:
    assert refusal(put(caller, items)) == (400, "invalid_field", "items")


def test_items__put_twice__are_the_same_and_counted_as_known(site: Site, caller: Caller) -> None:
    full = GOOD | {"price": 1999, "tags": ["gift", "\U0001f600"], "stock": 0, "category": "kitchen"}

    first, second = put(caller, [full]).json(), put(caller, [full]).json()

    assert first == {"received": 1, "created": 1, "rejected": []}
    assert second == {"received": 1, "created": 0, "rejected": []}
    [row] = caller.get("items").json()["results"]
    assert full.items() <= row.items()


def test_items__of_one_id_in_a_batch__keep_the_last(site: Site, caller: Caller) -> None:
    put(caller, [GOOD | {"price": 1}, GOOD | {"price": 2}])

    assert Item.objects.get().price == 2


def test_items__a_thousand__are_stored(caller: Caller) -> None:
    answer = put(caller, [GOOD | {"item_id": f"sku-{n}"} for n in range(1000)])

    assert answer.json() == {"received": 1000, "created": 1000, "rejected": []}


def test_items__with_age_and_markets__keep_the_age_until_another_is_given(caller: Caller) -> None:
    since = "2024-05-01T08:00:00Z"
    put(caller, [GOOD | {"added_at": since, "markets": ["DE"]}, GOOD | {"item_id": "sku-2"}])

    put(caller, [GOOD])

    row = caller.get("items/sku-1").json()
    assert (row["added_at"], row["markets"]) == (since, [])
    assert Item.objects.get(item_id="sku-2").added_at.year >= 2026


PATCHES: list[tuple[Any, str, str | None]] = [
    ({"item_id": "sku-9", "stock": 1}, "unknown_item", "item_id"),
    ({"stock": 1}, "missing_field", "item_id"),
    ({"item_id": "sku-1", "stock": -1}, "out_of_range", "stock"),
    ({"item_id": "sku-1", "price": -1}, "negative_amount", "price"),
    ({"item_id": "sku-1", "title": "Pan"}, "invalid_field", "title"),
    (7, "invalid_field", None),
]


def test_patch__changes_what_is_given_and_leaves_the_rest(site: Site, caller: Caller) -> None:
    put(caller, [GOOD | {"price": 5, "stock": 2, "brand": "Lux"}, GOOD | {"item_id": "sku-2"}])
    changes = [{"item_id": "sku-1", "stock": 0}, {"item_id": "sku-2", "price": 7, "stock": 4}]
    before = CatalogueVersion.objects.get(site=site).version

    answer = caller.send(
        "PATCH", "items", {"items": [*changes, {"item_id": "sku-2", "stock": None}]}
    )

    assert answer.json() == {"changed": 3, "rejected": []}
    rows = Item.objects.order_by("item_id").values_list("price", "stock", "brand", "title")
    assert list(rows) == [(5, 0, "Lux", "Copper kettle"), (7, None, "", "Copper kettle")]
    assert CatalogueVersion.objects.get(site=site).version == before + 1


def test_patch__of_bad_ones__names_each_and_changes_the_others(caller: Caller) -> None:
    put(caller, [GOOD])
    batch = [*(patch for patch, _code, _field in PATCHES), {"item_id": "sku-1", "stock": 3}]

    answer = caller.send("PATCH", "items", {"items": batch}).json()

    found = [(each["index"], each["code"], each["field"]) for each in answer["rejected"]]
    assert found == [(n, code, field) for n, (_patch, code, field) in enumerate(PATCHES)]
    assert answer["changed"] == 1
    assert Item.objects.get().stock == 3


def test_patch__of_another_site__changes_nothing(caller: Caller) -> None:
    put(caller, [GOOD])

    stranger = caller_for(a_site("other"), "items")
    answer = stranger.send("PATCH", "items", {"items": [{"item_id": "sku-1", "stock": 0}]}).json()

    assert [each["code"] for each in answer["rejected"]] == ["unknown_item"]
    assert Item.objects.get().stock is None


@pytest.mark.parametrize("item_id", ["sku-1", "a/b c", "ü%2F?", "items"])
def test_item__by_its_id__is_got_and_taken_out(caller: Caller, item_id: str) -> None:
    put(caller, [GOOD | {"item_id": item_id}])
    path = f"items/{quote(item_id, safe='')}"

    found, gone = caller.get(path), caller.send("DELETE", path)

    assert found.json()["item_id"] == item_id
    assert (gone.status_code, gone.content) == (204, b"")
    assert caller.get(path).json()["is_active"] is False
    assert caller.send("DELETE", path).status_code == 204


@pytest.mark.parametrize("item_id", ["sku-2", "%00", "x" * 300])
def test_item__that_is_not_there__is_not_found(caller: Caller, item_id: str) -> None:
    put(caller_for(a_site("other"), "items"), [GOOD | {"item_id": "sku-2"}])

    assert refusal(caller.get(f"items/{item_id}")) == (404, "not_found", "item_id")
