"""Segment's endpoints: every batch that can be read is taken, whatever is wrong with its events."""

import base64
import gzip
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from experiments.api import limits
from experiments.drain import drain_once
from experiments.models import ApiKey, Event, InboxBatch, Quarantine, Site
from tests.callers import Caller, key_for, problem_of, refusal
from tests.experiments.segment.messages import a_message
from tests.factories import a_site

pytestmark = pytest.mark.django_db

KINDS = ["track", "page", "screen", "identify", "group", "alias"]
SHOP = "https://shop.example"


@pytest.fixture
def site() -> Site:
    found = a_site()
    found.allowed_origins = [SHOP]
    found.save()
    return found


@pytest.fixture
def write_key(site: Site) -> str:
    return key_for(site, kind=ApiKey.Kind.PUBLISHABLE)


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def send(path: str, body: Any, key: str = "", method: str = "POST", **headers: str) -> Any:
    """Return the response as Segment's libraries would get it."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent |= {"Authorization": basic(key)} if key else {}
    return Caller().client.generic(
        method, f"/v1/{path}", data, content_type="application/json", headers=sent
    )


def now_message(kind: str = "page", **fields: Any) -> dict[str, Any]:
    """Return a good message of just now with an id of its own."""
    now = datetime.now(UTC).isoformat()
    return a_message(kind, **{"messageId": str(uuid.uuid4()), "timestamp": now, **fields})


def a_batch(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"batch": list(messages), "sentAt": datetime.now(UTC).isoformat(), **fields}


def taken(response: Any) -> bool:
    """Return whether an answer says what Segment's says."""
    return (response.status_code, response.json()) == (200, {"success": True})


def reasons() -> list[tuple[str, str]]:
    return list(Quarantine.objects.order_by("pk").values_list("code", "field"))


def test_batch__of_good_and_bad__keeps_the_good_and_says_success(write_key: str) -> None:
    bad = now_message("track", event="Order Completed", properties={"revenue": 1.005})
    nobody = now_message(anonymousId="")

    response = send("batch", a_batch(now_message(), bad, 7, nobody, now_message()), write_key)

    assert taken(response)
    assert reasons() == [
        ("too_precise", "properties.revenue"),
        ("invalid_field", ""),
        ("invalid_length", "anonymousId"),
    ]
    assert json.loads(Quarantine.objects.earliest("pk").body) == bad
    drain_once()
    assert Event.objects.count() == 2


def test_batch__answered__is_committed_before(write_key: str) -> None:
    assert taken(send("batch", a_batch(now_message(), now_message()), write_key))

    assert len(json.loads(InboxBatch.objects.get().doc)["events"]) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_single__of_every_kind__is_an_event(write_key: str, kind: str) -> None:
    message = now_message(kind, event="Coupon Applied", userId="a-1", writeKey=write_key)
    del message["type"]

    assert taken(send(kind, message))

    drain_once()
    stored = Event.objects.get()
    ours = {"track": "coupon_applied", "page": "page_view", "screen": "page_view"}
    assert stored.type == ours.get(kind, kind)
    assert (stored.visitor_id, stored.account_id) == ("v-1", "a-1")


def test_single__that_is_bad__is_success_and_quarantined(write_key: str) -> None:
    assert taken(send("track", now_message("track", event="注文"), write_key))

    assert reasons() == [("invalid_field", "event")]


def test_key__in_the_body_or_in_a_header__is_taken(site: Site, write_key: str) -> None:
    secret = key_for(site, "events")

    assert taken(send("batch", a_batch(now_message(), writeKey=write_key)))
    assert taken(send("batch", a_batch(now_message(), writeKey="other"), write_key))
    assert taken(send("batch", a_batch(now_message()), Authorization=f"Bearer {secret}"))
    assert taken(send("batch", a_batch(now_message()), X_API_Key=write_key))
    drain_once()
    assert sorted(Event.objects.values_list("is_verified", flat=True)) == [
        False, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["pk_unknown", "sk_unknown", "ü"])
def test_key__unknown__is_401(site: Site, key: str) -> None:
    for response in (
        send("batch", a_batch(now_message()), key),
        send("page", now_message(writeKey=key)),
    ):
        assert refusal(response) == (401, "invalid_key", None)
    assert not InboxBatch.objects.exists()


@pytest.mark.parametrize("given", ["", "Basic", "Basic !", "Basic OnBhc3M=", "Digest a"])
def test_key__not_given__is_401(site: Site, given: str) -> None:
    for body in (a_batch(now_message()), a_batch(now_message(), writeKey=[1])):
        response = send("batch", body, Authorization=given)
        assert refusal(response) == (401, "missing_key", None)


def test_key__without_the_scope__is_403(site: Site) -> None:
    response = send("batch", a_batch(now_message()), key_for(site, "assign"))

    assert refusal(response) == (403, "missing_scope", None)


def test_page_of_another_origin__is_403_and_of_the_sites_own_may_read(write_key: str) -> None:
    other = send("batch", a_batch(now_message()), write_key, Origin="https://other.example")
    own = send("batch", a_batch(now_message()), write_key, Origin=SHOP)
    asked = send("batch", b"", method="OPTIONS", Origin=SHOP)

    assert refusal(other) == (403, "origin_not_allowed", None)
    assert taken(own)
    assert own.headers["Access-Control-Allow-Origin"] == SHOP
    assert asked.status_code == 204
    assert "authorization" in asked.headers["Access-Control-Allow-Headers"]


def test_batch__gzipped__is_taken_and_a_bomb_is_413(write_key: str) -> None:
    body = json.dumps(a_batch(now_message())).encode()
    bomb = gzip.compress(b" " * (1024 * 1024 + 1))

    assert taken(send("batch", gzip.compress(body), write_key, Content_Encoding="gzip"))
    response = send("batch", bomb, write_key, Content_Encoding="gzip")
    assert refusal(response) == (413, "too_large", None)


def test_batch__beyond_the_limits__is_413(write_key: str) -> None:
    many = a_batch(*[{}] * 501)
    large = a_batch({"properties": {"a": "x" * 1024 * 1024}})

    assert refusal(send("batch", many, write_key)) == (413, "too_many_events", "batch")
    assert refusal(send("batch", large, write_key)) == (413, "too_large", None)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"batch": 1}', b"\xff", b"[" * 5000])
def test_body__that_holds_no_batch__is_400(write_key: str, body: bytes) -> None:
    assert problem_of(send("batch", body, write_key))["status"] == 400


def test_batch__that_is_empty__is_success(write_key: str) -> None:
    assert taken(send("batch", {"batch": []}, write_key))
    assert not InboxBatch.objects.exists()


BROKEN = {
    "half a character": '"\\ud83d"',
    "NUL": '"a\\u0000b"',
    "deep": "[" * 900 + "]" * 900,
    "digits": "9" * 4500,
    "null": "null",
    "1e999999999": "1e999999999",
    "2^64": "18446744073709551616",
    "text": '"' + "a" * 5000 + '"',
}
PLACES = ["messageId", "event", "userId", "timestamp", "type", "properties", "context"]


@pytest.mark.parametrize("value", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("place", [*PLACES, "revenue", "products", "quantity", "custom"])
def test_value__that_is_broken__never_costs_its_neighbours(
    write_key: str, place: str, value: str
) -> None:
    broken = now_message("track", event="Order Completed", properties={"total": 1})
    (broken if place in PLACES else broken["properties"])[place] = "X"
    good = now_message("track", event="Order Completed", properties={"revenue": 19.99})
    body = json.dumps(a_batch(broken, good)).replace('"X"', value)

    assert taken(send("batch", body.encode(), write_key))

    drain_once()
    assert Event.objects.filter(event_id=good["messageId"], amount=1999).count() == 1
    assert Event.objects.count() + Quarantine.objects.count() == 2


def test_batch__sent_again_later__counts_once(write_key: str) -> None:
    text_id = "node-next-1764331200000-018f4e1e"
    messages = [now_message(), now_message(messageId=text_id)]

    for _again in range(3):
        assert taken(send("batch", a_batch(*messages), write_key, X_Retry_Count="1"))
    drain_once()

    assert Event.objects.count() == 2
    assert not Quarantine.objects.exists()


def test_clock__that_runs_two_hours_ahead__is_put_right(write_key: str) -> None:
    now = datetime.now(UTC)
    ahead = (now + timedelta(hours=2)).isoformat()

    send("batch", {"batch": [now_message(timestamp=ahead)], "sentAt": ahead}, write_key)
    drain_once()

    assert abs(Event.objects.get().occurred_at - now) < timedelta(seconds=30)


def test_event__older_than_a_week__is_quarantined(write_key: str) -> None:
    old = (datetime.now(UTC) - timedelta(days=8)).isoformat()

    assert taken(send("batch", a_batch(now_message(timestamp=old)), write_key))
    assert reasons() == [("too_old", "occurred_at")]


def test_key__that_sends_too_much__is_429_with_a_time(write_key: str, settings: Settings) -> None:
    settings.RATE_LIMIT_PER_KEY = 1
    limits._buckets.clear()
    answers = [send("batch", {"batch": []}, write_key) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 5


def test_database__that_does_not_commit__is_503_with_a_time(write_key: str) -> None:
    def refuse(execute: Any, sql: str, *arguments: Any) -> Any:
        if "experiments_inboxbatch" in sql:
            raise OperationalError("disk full")
        return execute(sql, *arguments)

    with connection.execute_wrapper(refuse):
        response = send("batch", a_batch(now_message()), write_key)

    assert (response.status_code, response.json()["code"]) == (503, "not_stored")
    assert int(response.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("path", ["import", "tracks", "track/more", ""])
def test_path__that_is_none__is_404(write_key: str, path: str) -> None:
    assert refusal(send(path, a_batch(), write_key)) == (404, "unknown_endpoint", None)


def test_get__of_an_endpoint__is_405(write_key: str) -> None:
    assert send("batch", b"", write_key, method="GET").status_code == 405
