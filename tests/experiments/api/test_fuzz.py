"""Random JSON, and good bodies with a random value at a random place: never a 5xx."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.drain import drain_once
from experiments.intake import recorder
from experiments.intake.shapes import MAX_AMOUNT
from experiments.models import Event, InboxBatch, Quarantine, Slate
from tests.callers import Caller, an_event, problem_of
from tests.factories import NOW, running_experiment, simulated_site

pytestmark = pytest.mark.django_db

EXAMPLES = settings(
    max_examples=200,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CONDITION = {
    "$or": [
        {"plan": {"$in": ["member", 1]}},
        {"a.b": {"$gt": 3}},
        {"country": {"$regex": "^D"}},
        {"$not": {"plan": {"$lte": "x"}}},
    ]
}
LINE = {"item_id": "sku-1", "quantity": 1, "price": 1999}
GOOD: dict[str, dict[str, Any]] = {
    "recommendations": {
        "unit": {"visitor_id": "v-1", "account_id": None},
        "placement": "home",
        "k": 3,
        "context": {"item_id": "sku-1", "cart": ["sku-2"], "device": "m", "now": NOW.isoformat()},
        "attributes": {"plan": "member", "a": {"b": 4}},
        "session_id": "s-1",
        "consent": {"personalization": True, "analytics": True},
    },
    "assignments": {
        "unit": {"visitor_id": "v-1", "account_id": "a-1"},
        "attributes": {"plan": "member", "a": {"b": 4}},
        "consent": {"personalization": True, "analytics": True},
    },
    "events": {
        "events": [
            an_event(
                "purchase",
                occurred_at=NOW.isoformat(),
                request_id="5f3c2f0a-6a3e-4a57-8a0b-0d3e6f1b9c77",
                item_id="sku-1",
                rank=1,
                items=[LINE],
                quantity=1,
                value={"amount": 1999, "currency": "EUR"},
                order_id="o-1",
                session_id="s-1",
                attributes={"plan": "member"},
                properties={"experiment": "home-test", "variant": "control"},
                exposure_token="1.a.b:c",
            )
        ],
        "context": {"now": NOW.isoformat()},
    },
}
INTERESTING = st.sampled_from(
    [
        *(-1, 0, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, -(2**63) - 1, 10**400),
        *(0.1, -0.0, 1e308, float("inf"), float("nan"), True, None, "", "\x00", "\ud83d", "nan"),
        *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "home", "exposure", "refund"),
        *("5f3c2f0a-6a3e-4a57-8a0b-0d3e6f1b9c77", "x" * 300, [], {}, [[[[[[[[[[1]]]]]]]]]]),
        *({"visitor_id": 7}, {"amount": 2**62, "currency": "EUR"}, [LINE] * 3, {"$in": [1]}),
    ]
)
JSON = st.recursive(
    INTERESTING | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container in a body with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


@st.composite
def mutated(draw: Callable[..., Any], body: dict[str, Any]) -> dict[str, Any]:
    """Return a good body with other values, or none, at one to three places."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(list(places(body)) or [(body, "new")]))
        if draw(st.booleans()) or not isinstance(container, dict):
            container[key] = copy.deepcopy(draw(JSON))  # samples are shared
        else:
            container.pop(key, None)
    return body


def bodies(endpoint: str) -> st.SearchStrategy[bytes]:
    """Return bodies for an endpoint: bytes, random JSON, and good bodies gone bad."""
    documents = JSON | mutated(GOOD[endpoint]) | mutated(GOOD[endpoint])
    return st.binary(max_size=60) | documents.map(lambda body: json.dumps(body).encode())


@pytest.fixture
def caller() -> Caller:
    site, secret = simulated_site()
    running_experiment(site, eligibility=CONDITION)
    return Caller(secret)


def check(response: Any) -> None:
    """Fail on anything but an answer or a problem document."""
    if response.status_code not in {200, 202}:
        problem_of(response)
    elif response.status_code == 202:
        receipt = response.json()
        assert receipt["accepted"] >= 0
        assert all(rejection["code"] for rejection in receipt["rejected"])


@pytest.mark.parametrize("endpoint", GOOD)
def test_good_bodies__unchanged__are_taken(caller: Caller, endpoint: str) -> None:
    response = caller.post(endpoint, GOOD[endpoint])

    assert response.status_code in {200, 202}
    assert not response.json().get("rejected")


@EXAMPLES
@given(body=bodies("recommendations"))
def test_recommendations__of_anything__never_fail(caller: Caller, body: bytes) -> None:
    check(caller.post("recommendations", body))
    recorder.buffer.flush()
    drain_once()

    assert not InboxBatch.objects.exists()
    assert not Slate.objects.exclude(reason__gt="").exists()


@EXAMPLES
@given(body=bodies("assignments"))
def test_assignments__of_anything__never_fail(caller: Caller, body: bytes) -> None:
    check(caller.post("assignments", body))


@EXAMPLES
@given(body=bodies("events"))
def test_events__of_anything__never_fail_and_apply_without_a_trace_of_poison(
    caller: Caller, body: bytes
) -> None:
    check(caller.post("events", body))
    drain_once()

    assert not InboxBatch.objects.exists()
    assert not Quarantine.objects.filter(code="poison").exists()
    for event in Event.objects.all():
        assert event.amount is None or (type(event.amount) is int and event.amount >= 0)
        assert event.amount is None or event.amount <= MAX_AMOUNT
        assert event.quantity is None or 0 <= event.quantity <= 1_000_000
    Event.objects.all().delete()
