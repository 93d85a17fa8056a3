"""`POST /api/v1/events`: a bad event is refused alone and kept with its reason."""

import json
import uuid
from typing import Any

import pytest

from experiments.models import InboxBatch, Quarantine, Site
from tests.callers import Caller, an_event, caller_for, problem_of, refusal
from tests.experiments.api.bad_events import BAD_FIELDS, EUR
from tests.factories import a_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def shop(site: Site) -> Caller:
    return caller_for(site, "events")


def accepted_ids() -> set[str]:
    """Return the ids of the events in the inbox."""
    docs = [json.loads(batch.doc) for batch in InboxBatch.objects.all()]
    return {event["event_id"] for doc in docs for event in doc["events"]}


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    BAD_FIELDS.values(),
    ids=[name.replace(" ", "-") for name in BAD_FIELDS],
)
def test_event__bad__is_refused_alone_and_kept_with_its_reason(
    shop: Caller, fields: dict[str, Any], code: str, field: str | None
) -> None:
    neighbours = [an_event(), an_event("purchase", value={"amount": 1999, **EUR})]

    response = shop.post("events", {"events": [neighbours[0], an_event() | fields, neighbours[1]]})

    assert response.status_code == 202, response.content
    receipt = response.json()
    assert receipt["accepted"] == 2
    assert [(r["index"], r["code"], r["field"]) for r in receipt["rejected"]] == [(1, code, field)]
    assert receipt["rejected"][0]["detail"]
    assert accepted_ids() == {event["event_id"] for event in neighbours}
    kept = Quarantine.objects.get()
    assert (kept.code, kept.field, kept.index) == (code, field, 1)
    assert next(iter(fields)) in kept.body


NO_EVENTS = {
    "number": b"1",
    "null": b"null",
    "text": b'"event"',
    "list": b"[]",
    "empty object": b"{}",
    "invalid UTF-8": b'{"event_id": "\xff"}',
    "1e400": b'{"event_id": 1e400}',
    "900 deep": b"[" * 900 + b"]" * 900,
}


@pytest.mark.parametrize("raw", NO_EVENTS.values(), ids=NO_EVENTS)
def test_event__no_event_at_all__is_refused_alone(shop: Caller, raw: bytes) -> None:
    good = an_event()
    body = b'{"events": [' + raw + b"," + json.dumps(good).encode() + b"]}"

    response = shop.post("events", body)

    assert response.status_code == 202, response.content
    assert response.json()["accepted"] == 1
    assert [r["index"] for r in response.json()["rejected"]] == [0]
    assert accepted_ids() == {good["event_id"]}
    assert Quarantine.objects.count() == 1


UNREAD = {
    "invalid UTF-8": b'"\xff\xfe"',
    "NUL": b'"\\u0000"',
    "1e400": b"1e400",
    "900 deep": b"[" * 900 + b"]" * 900,
    "10^30": b"1" + b"0" * 30,
}


@pytest.mark.parametrize("value", UNREAD.values(), ids=UNREAD)
def test_event__with_a_field_that_is_not_ours__is_taken_without_it(
    shop: Caller, value: bytes
) -> None:
    event = an_event()
    raw = json.dumps(event).encode()[:-1] + b', "theirs": ' + value + b"}"

    response = shop.post("events", b'{"events": [' + raw + b"]}")

    assert response.json() == {"accepted": 1, "rejected": []}
    assert "theirs" not in InboxBatch.objects.get().doc
    assert accepted_ids() == {event["event_id"]}


def test_event__escaped_backslash_before_u0000__is_no_nul(shop: Caller) -> None:
    response = shop.post("events", {"events": [an_event(properties={"path": "C:\\u0000"})]})

    assert response.json() == {"accepted": 1, "rejected": []}


def test_event__with_a_repeated_name__counts_the_last(shop: Caller) -> None:
    event = an_event("purchase", value={"amount": 1, **EUR})
    raw = json.dumps(event).encode()[:-1] + b', "value": {"amount": 2, "currency": "EUR"}}'

    shop.post("events", b'{"events": [' + raw + b"]}")

    [kept] = json.loads(InboxBatch.objects.get().doc)["events"]
    assert kept["value"]["amount"] == 2


def test_batch__of_500_events__is_taken(shop: Caller) -> None:
    response = shop.post("events", {"events": [an_event() for _ in range(500)]})

    assert response.json() == {"accepted": 500, "rejected": []}
    assert InboxBatch.objects.count() == 1


def test_batch__of_501_events__is_a_413(shop: Caller) -> None:
    response = shop.post("events", {"events": [an_event() for _ in range(501)]})

    assert refusal(response) == (413, "too_many_events", "events")
    assert not InboxBatch.objects.exists()


@pytest.mark.parametrize("events", [[], None, {}, "x", 1])
def test_batch__without_a_list_of_events__names_the_field(shop: Caller, events: Any) -> None:
    assert refusal(shop.post("events", {"events": events})) == (400, "invalid_field", "events")


def test_batch__with_half_an_emoji_beside_its_events__is_refused(shop: Caller) -> None:
    response = shop.post("events", {"events": [an_event()], "context": {"now": "\ud83d"}})

    problem = problem_of(response)
    assert problem["code"] == "invalid_json"
    assert "pairs" in problem["hint"]


def test_batch__all_bad__is_still_a_202(shop: Caller) -> None:
    response = shop.post("events", {"events": [an_event() | {"event_id": 1}] * 3})

    assert response.status_code == 202
    assert response.json()["accepted"] == 0
    assert not InboxBatch.objects.exists()
    assert Quarantine.objects.get().times == 3


def test_batch__sent_as_a_beacon__is_taken(site: Site, shop: Caller) -> None:
    event = an_event(event_id=str(uuid.uuid4()))
    response = shop.post("events", {"events": [event]}, content_type="text/plain;charset=UTF-8")

    assert response.json() == {"accepted": 1, "rejected": []}
