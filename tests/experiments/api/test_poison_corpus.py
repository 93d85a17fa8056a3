"""More than five hundred hostile events, each between two good ones: refused alone, and named."""

import json
import uuid
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pytest
from django.db import connection

from experiments.drain import drain_once
from experiments.models import Event, InboxBatch, Quarantine, Site
from tests.callers import Caller, an_event, caller_for
from tests.experiments.api.odd_values import ODD_TEXTS, odd_bags
from tests.experiments.api.poison import Poison, corpus
from tests.factories import a_site

pytestmark = pytest.mark.django_db

CORPUS = corpus()
FAMILIES = {family: list(found) for family, found in groupby(CORPUS, key=lambda it: it.family)}


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def shop(site: Site) -> Caller:
    return caller_for(site, "events")


def apply_all() -> None:
    while InboxBatch.objects.exists():
        drain_once()


def numbers_in(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict | list):
        for nested in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(nested)


def assert_no_nan_stored() -> None:
    for event in Event.objects.all():
        assert all(type(n) is int for n in (event.amount, event.quantity, event.rank) if n)
        bags = (event.items, event.attributes, event.properties)
        assert all(n == n and abs(n) != float("inf") for bag in bags for n in numbers_in(bag))
    with connection.cursor() as cursor:
        cursor.execute("SELECT SUM(amount) FROM experiments_event")
        assert (cursor.fetchone()[0] or 0) >= 0


def is_alike(stored: Any, sent: Any) -> bool:
    """Return whether both are the same; PostgreSQL writes a large float out in whole digits."""
    return bool(stored == sent or (isinstance(sent, float) and float(stored) == sent))


def fault_of(shop: Caller, poison: Poison) -> str | None:
    """Send a poison between two good events; return what is wrong with how it was taken."""
    good = [an_event("purchase", value={"amount": 1, "currency": "EUR"}) for _ in range(2)]
    first, last = (json.dumps(event).encode() for event in good)
    raw = poison.raw(str(uuid.uuid4()))
    body = b'{"events": [' + b",".join([first, raw, last]) + b"]}"
    response = shop.post("events", body)
    if response.status_code != 202:
        return f"the batch was answered {response.status_code}: {response.content[:200]!r}"
    receipt = response.json()
    if receipt["accepted"] != 2 or len(receipt["rejected"]) != 1:
        return f"taken: {receipt}"
    (rejection,) = receipt["rejected"]
    if rejection["index"] != 1 or not rejection["code"] or not rejection["detail"]:
        return f"not explained: {rejection}"
    if not poison.is_named_by(rejection["field"]):
        return f"another field is named: {rejection}"
    kept = Quarantine.objects.latest("pk")
    if (kept.code, kept.field) != (rejection["code"], rejection["field"][:100]) or not kept.body:
        return f"not kept as told: {kept.code} {kept.field}"
    return None


def test_corpus__counted__is_more_than_five_hundred_distinct_events() -> None:
    assert len({(poison.place, poison.value) for poison in CORPUS}) >= 500
    assert len(FAMILIES) == 9


@pytest.mark.parametrize("family", FAMILIES)
def test_poison__between_good_events__is_refused_alone_and_its_field_named(
    shop: Caller, family: str
) -> None:
    faults = {poison.name: fault_of(shop, poison) for poison in FAMILIES[family]}
    apply_all()

    assert {name: fault for name, fault in faults.items() if fault} == {}
    assert Event.objects.count() == 2 * len(FAMILIES[family])
    assert Quarantine.objects.count() == len(FAMILIES[family])
    assert_no_nan_stored()


def test_odd_texts__as_ids__are_stored_unaltered(shop: Caller) -> None:
    events = [
        an_event(
            "view_item",
            unit={"visitor_id": text, "account_id": text},
            item_id=text,
            order_id=text,
            session_id=text,
            items=[{"item_id": text}],
        )
        for text in ODD_TEXTS
    ]

    receipt = shop.post("events", {"events": events}).json()
    apply_all()

    assert receipt == {"accepted": len(ODD_TEXTS), "rejected": []}
    assert not Quarantine.objects.exists()
    ids = ("visitor_id", "account_id", "item_id", "order_id", "session_id")
    for row in Event.objects.all():
        assert {getattr(row, name) for name in ids} == {row.items[0]["item_id"]}
    assert set(Event.objects.values_list("visitor_id", flat=True)) == set(ODD_TEXTS)


def test_odd_values__in_bags__are_stored_and_hold_no_nan(shop: Caller) -> None:
    odd = odd_bags()
    bodies = [
        b'{"events": [%s]}'
        % json.dumps(an_event(attributes={"a": 0}, properties={"p": 0}))
        .encode()
        .replace(b'{"a": 0}', b'{"a": %s}' % value)
        .replace(b'{"p": 0}', b'{"p": %s}' % value)
        for value in odd.values()
    ]

    receipts = [shop.post("events", body).json() for body in bodies]
    apply_all()

    assert receipts == [{"accepted": 1, "rejected": []}] * len(odd)
    assert not Quarantine.objects.exists()
    stored = [row.attributes["a"] for row in Event.objects.order_by("received_at", "pk")]
    due = [json.loads(value) for value in odd.values()]
    assert all(map(is_alike, stored, due)), list(zip(stored, due, strict=True))
    assert_no_nan_stored()


NO_JSON = {
    "not a number": b"NaN",
    "infinite": b"-Infinity",
    "hexadecimal": b"0x10",
    "leading zero": b"01",
    "plus": b"+1",
    "bare point": b".5",
    "point at the end": b"1.",
    "underscore": b"1_000",
    "bare word": b"nan",
    "single quotes": b"'a'",
    "raw NUL": b'"a\x00b"',
    "raw line end": b'"a\nb"',
    "unknown escape": b'"\\x41"',
    "half an escape": b'"\\u12"',
    "comment": b"1 /* one */",
    "trailing comma": b"[1,]",
    "no value": b"",
}


@pytest.mark.parametrize("place", ["attributes.a", "value.amount", "quantity", "unit.visitor_id"])
def test_batch__with_a_value_that_is_no_json__is_refused_whole(shop: Caller, place: str) -> None:
    for name, value in NO_JSON.items():
        raw = Poison("no JSON", place, value).raw(str(uuid.uuid4()))

        response = shop.post("events", b'{"events": [%s]}' % raw)

        assert (response.status_code, response.json()["code"]) == (400, "invalid_json"), name
    assert not InboxBatch.objects.exists()


def test_event__naming_a_member_twice__is_refused_for_either_and_keeps_the_last(
    shop: Caller,
) -> None:
    pairs = ("1, -1", "-1, 1", "1, 2")
    bodies = [
        json.dumps(an_event(quantity=0)).replace(
            '"quantity": 0', '"quantity": {}, "quantity": {}'.format(*pair.split(", "))
        )
        for pair in pairs
    ]

    receipt = shop.post("events", f'{{"events": [{", ".join(bodies)}]}}'.encode()).json()
    apply_all()

    found = [(r["index"], r["code"], r["field"]) for r in receipt["rejected"]]
    assert found == [(0, "out_of_range", "quantity"), (1, "out_of_range", "quantity")]
    assert Event.objects.get().quantity == 2


def test_event__with_members_that_are_ours_to_set__has_them_left_out(shop: Caller) -> None:
    ours = {"site": 9, "is_verified": False, "traffic": "bot", "refunded": 7, "day": "1970-01-01"}

    shop.post("events", {"events": [an_event() | ours]})
    apply_all()

    row = Event.objects.get()
    assert (row.traffic, row.refunded, row.is_verified) == ("", 0, True)
    assert row.day != "1970-01-01"
