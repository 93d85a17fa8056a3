"""`GET /api/v1/events` and `/api/v1/quarantine`: what was received, read and replayed by key."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from experiments.drain import drain_once
from experiments.models import ApiKey, Event, Quarantine, Site
from tests.callers import Caller, an_event, caller_for, key_for, refusal
from tests.factories import a_site

pytestmark = pytest.mark.django_db
EUR = {"currency": "EUR"}


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def shop(site: Site) -> Caller:
    return caller_for(site, "events")


@pytest.fixture
def analyst(site: Site) -> Caller:
    return caller_for(site, "analyses")


def bad_purchase() -> dict[str, Any]:
    return an_event("purchase", value={"amount": -5, **EUR})


def sent(shop: Caller, *events: dict[str, Any]) -> None:
    assert shop.post("events", {"events": list(events)}).status_code == 202
    drain_once()


def listed(caller: Caller, path: str) -> list[dict[str, Any]]:
    """Return the rows of every page of a list."""
    found: list[dict[str, Any]] = []
    while path:
        answer = caller.get(path)
        assert answer.status_code == 200, answer.content
        found += answer.json()["results"]
        path = (answer.json()["next"] or "").partition("/api/v1/")[2]
    return found


def test_list__of_what_was_received__has_every_event_once(shop: Caller, analyst: Caller) -> None:
    good = [an_event("view_item") for _each in range(5)]
    sent(shop, *good)
    sent(shop, *good[:2])
    sent(shop, bad_purchase())

    rows = listed(analyst, "events?page_size=3")

    assert [row["kind"] for row in rows] == ["quarantined", *["duplicate"] * 2, *["accepted"] * 5]
    assert (rows[0]["code"], rows[0]["field"]) == ("negative_amount", "value.amount")
    assert {row["event_id"] for row in rows[3:]} == {event["event_id"] for event in good}
    assert rows[-1]["api_key"] == ApiKey.objects.get(scopes=["events"]).pk
    assert listed(analyst, "events?type=view_item&kind=accepted&unit=v-1") == rows[3:]
    (again,) = listed(analyst, f"events?event_id={good[0]['event_id']}&kind=duplicate")
    assert again in rows[1:3]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("cursor=zzz", "cursor"), ("page_size=0", "page_size"), ("page_size=x", "page_size"),
        ("kind=lost", "kind"), ("request_id=1", "request_id"), ("since=soon", "since"),
        ("day=today", "day"), ("unit=%00", "unit"), ("api_key=-1", "api_key"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["events", "quarantine"])
def test_list__asked_for_nonsense__names_the_field(
    analyst: Caller, path: str, query: str, field: str
) -> None:
    if path == "quarantine" and field == "kind":
        assert analyst.get(f"{path}?{query}").status_code == 200
    else:
        assert refusal(analyst.get(f"{path}?{query}"))[::2] == (400, field)


def test_list__asked_by_other_keys__is_refused(shop: Caller, site: Site) -> None:
    browser = Caller(key_for(site, kind=ApiKey.Kind.PUBLISHABLE))

    for caller in (shop, browser):
        assert refusal(caller.get("events"))[:2] == (403, "missing_scope")
        assert refusal(caller.get("quarantine"))[:2] == (403, "missing_scope")
    assert refusal(Caller().get("events"))[:2] == (401, "missing_key")


def test_lists__of_another_site__hold_nothing_of_this_one(shop: Caller) -> None:
    sent(shop, an_event(), bad_purchase())
    row = Quarantine.objects.get()
    other = caller_for(a_site("other"), "analyses", "events")

    assert listed(other, "events") == listed(other, "quarantine") == []
    assert refusal(other.get(f"quarantine/{row.pk}"))[0] == 404
    for act in ("replay", "discard"):
        assert refusal(other.post(f"quarantine/{row.pk}/{act}", {}))[0] == 404
    assert Quarantine.objects.get().replayed_at is None


def test_refused__event__says_what_mends_it(shop: Caller, analyst: Caller) -> None:
    bad = bad_purchase()
    sent(shop, bad)

    (row,) = listed(analyst, "quarantine?code=negative_amount")

    assert json.loads(row["body"]) == bad
    assert row["advice"]
    assert analyst.get(f"quarantine/{row['id']}").json() == row
    assert listed(analyst, "quarantine?code=too_old") == []


def test_replay__corrected__counts_once(shop: Caller) -> None:
    bad = bad_purchase()
    sent(shop, bad)
    path = f"quarantine/{Quarantine.objects.get().pk}/replay"

    assert refusal(shop.post(path, {})) == (409, "negative_amount", "value.amount")
    mended = {"event": bad | {"value": {"amount": 5, **EUR}}}
    answers = [shop.post(path, mended).json() for _time in range(2)]
    drain_once()

    assert [answer["events"] for answer in answers] == [1, 0]
    assert answers[0]["replayed_by"].startswith("key ")
    assert str(Event.objects.get().event_id) == bad["event_id"]


def test_replay__as_it_is__takes_what_is_old(shop: Caller) -> None:
    old = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    sent(shop, an_event(occurred_at=old))

    answer = shop.post(f"quarantine/{Quarantine.objects.get().pk}/replay", {})
    drain_once()

    assert answer.json()["events"] == 1
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    "body", [{"event": []}, {"event": "x"}, {"events": {}}, [], {"event": {"event_id": "\x00"}}]
)
def test_replay__with_a_body_that_is_none__is_refused(shop: Caller, body: Any) -> None:
    sent(shop, bad_purchase())

    status, _code, field = refusal(
        shop.post(f"quarantine/{Quarantine.objects.get().pk}/replay", body)
    )

    assert status in {400, 409}
    assert field is None or field.startswith("event") or field in {"events", ""}


def test_discard__of_a_refused_event__is_for_good(shop: Caller, analyst: Caller) -> None:
    sent(shop, bad_purchase())
    pk = Quarantine.objects.get().pk

    assert shop.post(f"quarantine/{pk}/discard").status_code == 204
    assert refusal(analyst.get(f"quarantine/{pk}"))[0] == 404


def test_read_document__of_the_interface__has_both_methods_of_events(client: Any) -> None:
    paths = json.loads(client.get("/api/schema/?format=json").content)["paths"]

    assert set(paths["/api/v1/events"]) == {"get", "post"}
    assert "/api/v1/quarantine/{id}/replay" in paths
