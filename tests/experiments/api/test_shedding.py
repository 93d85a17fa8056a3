"""What is refused when it is too much, so that lists are still served."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from config.running import WEB_THREADS
from experiments.api import limits, shedding
from experiments.api.problems import Problem
from experiments.api.shedding import Gate, events_gate, jittered, others_gate
from experiments.models import InboxBatch, Site, Tally
from tests.callers import Caller, an_event, caller_for
from tests.factories import a_site, draft_experiment


@pytest.fixture
def site(db: None) -> Site:
    site = a_site()
    draft_experiment(site)
    return site


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site)


@pytest.fixture
def busy() -> Iterator[None]:
    """Hold every place of both gates."""
    with ExitStack() as held:
        for gate in (events_gate, others_gate):
            for _ in range(places_of(gate)):
                held.enter_context(gate.passing())
        yield


def places_of(gate: Gate) -> int:
    return int(gate._places._value)


def post_event(caller: Caller) -> tuple[int, str, int]:
    """Return status, code and Retry-After of a batch with one event."""
    answer = caller.post("events", {"events": [an_event()]})
    return answer.status_code, answer.json().get("code", ""), int(answer.get("Retry-After", 0))


def test_gates__with_all_places_and_queues_full__leave_a_thread_for_lists() -> None:
    held = places_of(events_gate) + places_of(others_gate)
    waiting = shedding.EVENTS_WAIT + shedding.OTHERS_WAIT

    assert held + waiting < WEB_THREADS


def test_gate__with_a_place__lets_through_and_takes_it_back() -> None:
    gate = Gate("test", 1, queue=0, wait_s=0)

    for _ in range(3):
        with gate.passing():
            pass

    with gate.passing(), pytest.raises(Problem), gate.passing():
        pass
    assert gate.refused == 1


def test_gate__left_in_time__lets_those_through_who_wait() -> None:
    gate = Gate("test", 1, queue=1, wait_s=30)
    passed = threading.Event()

    def wait() -> None:
        with gate.passing():
            passed.set()

    thread = threading.Thread(target=wait)
    with gate.passing():
        thread.start()
        assert not passed.wait(0.05)
    thread.join()

    assert passed.is_set()


def test_gate__with_its_queue_full__refuses_at_once() -> None:
    gate = Gate("test", 1, queue=0, wait_s=3600)

    with gate.passing(), pytest.raises(Problem), gate.passing():
        pass


def test_gate__whose_holder_fails__is_free_again() -> None:
    gate = Gate("test", 1, queue=0, wait_s=0)

    with pytest.raises(ValueError), gate.passing():
        raise ValueError

    with gate.passing():
        pass


@pytest.mark.usefixtures("busy")
def test_events__of_a_busy_process__are_a_503_with_retry_after_and_nothing_is_stored(
    caller: Caller,
) -> None:
    status, code, retry_after = post_event(caller)

    assert (status, code) == (503, "overloaded")
    assert 1 <= retry_after <= 5
    assert not InboxBatch.objects.exists()


@pytest.mark.usefixtures("busy")
def test_segment__of_a_busy_process__is_a_503_with_retry_after(caller: Caller) -> None:
    key = caller.headers["Authorization"].removeprefix("Bearer ")
    body = {"writeKey": key, "event": "Viewed", "anonymousId": "v-1", "messageId": "m-1"}

    answer = Client().post("/v1/track", body, content_type="application/json")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.usefixtures("busy")
def test_lists__of_a_busy_process__are_served(caller: Caller) -> None:
    asked = {"unit": {"visitor_id": "v-1"}, "placement": "home"}

    assert caller.post("recommendations", asked).status_code == 200
    assert Client().get("/readyz").status_code == 200


@pytest.mark.usefixtures("busy")
def test_management_and_pages__of_a_busy_process__are_shed(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others_gate, "_wait_s", 0.01)

    managed, page = caller.get("experiments"), Client().get("/reports/")

    assert managed.status_code == page.status_code == 503
    assert managed.json()["code"] == "overloaded"
    assert page.headers["Content-Type"] == "text/plain"
    assert int(managed.headers["Retry-After"]) >= 1 <= int(page.headers["Retry-After"])


def test_events__beyond_the_backlog__are_a_503_until_it_is_applied(
    site: Site, caller: Caller, settings: Settings
) -> None:
    settings.BACKLOG_EVENTS = 10
    drain = Tally.objects.create(site=site, slot=0, applied=5)
    Tally.objects.create(site=site, slot=70, accepted=16)

    status, code, retry_after = post_event(caller)
    assert (status, code) == (503, "backlog")
    assert 1 <= retry_after <= 30
    assert not InboxBatch.objects.exists()

    drain.applied = 16
    drain.save()
    assert post_event(caller)[0] == 503  # what is known is at most a second old
    shedding.backlog.forget()

    assert post_event(caller)[0] == 202


def test_backlog__asked_often__is_counted_once_a_second(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("experiments.api.shedding.time.monotonic", lambda: clock[0])

    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            shedding.backlog.require_room()
        within_a_second = len(queries)
        clock[0] += 1.5
        shedding.backlog.require_room()

    assert (within_a_second, len(queries)) == (1, 2)


def test_jitter__of_many__spreads_over_the_whole_span() -> None:
    drawn = {jittered(60) for _ in range(2000)}

    assert min(drawn) <= 3
    assert max(drawn) >= 58
    assert {jittered(0), jittered(0.5)} == {1}


def spend_many(count: int) -> list[int]:
    """Return the Retry-After of every refusal among so many requests at one moment."""
    waits = []
    for _ in range(count):
        try:
            limits.spend("digest")
        except Problem as problem:
            waits.append(int(problem.headers["Retry-After"]))
    return waits


def test_limit__the_further_over__keeps_away_the_longer(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits._buckets.clear()
    settings.RATE_LIMIT_PER_KEY = 10
    clock = [100.0]
    monkeypatch.setattr("experiments.api.limits.time.monotonic", lambda: clock[0])

    little, much = spend_many(30), spend_many(2000)
    clock[0] += 3600
    after = spend_many(25)

    assert max(little) <= 2
    assert max(much) > 40
    assert max(much + little) <= 60
    assert len(set(much)) > 20
    assert len(after) == 5
    assert max(after) <= 2
    limits._buckets.clear()


def test_limit__with_ever_new_keys__keeps_no_more_than_it_may(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits._buckets.clear()
    monkeypatch.setattr(limits, "MOST_BUCKETS", 100)
    settings.RATE_LIMIT_PER_KEY = 1

    for number in range(1000):
        limits.spend(f"digest-{number}")
        assert len(limits._buckets) <= 100
    limits.spend("digest-999")

    with pytest.raises(Problem):
        limits.spend("digest-999")
    limits._buckets.clear()
