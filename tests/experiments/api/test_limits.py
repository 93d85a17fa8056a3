"""A key that sends too much is slowed; its neighbours are not."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from experiments.api import limits
from experiments.api.problems import Problem
from experiments.models import InboxBatch, Site
from tests.callers import Caller, an_event, caller_for, refusal
from tests.experiments.api.endpoints import WITH_BODY, Endpoint
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_spent_tokens(settings: Settings) -> Iterator[None]:
    settings.RATE_LIMIT_PER_KEY = 1
    limits._buckets.clear()
    yield
    limits._buckets.clear()


@pytest.fixture
def site() -> Site:
    site = a_site()
    draft_experiment(site)
    return site


@pytest.mark.parametrize("endpoint", WITH_BODY.values(), ids=WITH_BODY)
def test_calls__faster_than_the_limit__are_a_429_with_retry_after(
    site: Site, endpoint: Endpoint
) -> None:
    caller = caller_for(site)

    responses = [caller.send(endpoint.method, endpoint.path, b"{") for _ in range(4)]

    assert [response.status_code for response in responses[:2]] == [400, 400]
    assert refusal(responses[3]) == (429, "rate_limited", None)
    assert 1 <= int(responses[3].headers["Retry-After"]) <= 5


def test_calls__of_another_key__are_not_slowed(site: Site) -> None:
    busy, quiet = caller_for(site), caller_for(site)

    statuses = {busy.get("items").status_code for _ in range(5)}

    assert statuses == {200, 429}
    assert quiet.get("items").status_code == 200


def test_calls__refused_by_the_limit__store_nothing(site: Site) -> None:
    caller = caller_for(site)

    accepted = [
        caller.post("events", {"events": [an_event()]}).status_code == 202 for _ in range(5)
    ]

    assert InboxBatch.objects.count() == accepted.count(True) < 5


def test_bucket__after_a_pause__is_filled_again(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.RATE_LIMIT_PER_KEY = 10
    clock = [100.0]
    monkeypatch.setattr("experiments.api.limits.time.monotonic", lambda: clock[0])
    for _ in range(20):
        limits.spend("digest")
    with pytest.raises(Problem):
        limits.spend("digest")

    clock[0] += 0.5
    for _ in range(5):
        limits.spend("digest")

    with pytest.raises(Problem):
        limits.spend("digest")


def test_calls__without_a_valid_key__keep_nothing_in_memory(site: Site) -> None:
    for number in range(50):
        Caller(f"sk_{number}").get("items")

    assert not limits._buckets
