"""Times at the ends of the calendar: refused, corrected, never the end of a batch."""

from datetime import UTC, datetime, timedelta

import pytest

from experiments.drain import drain_once
from experiments.intake import recorder
from experiments.models import Event, Exposure, InboxBatch, Quarantine, Slate
from tests.callers import Caller, an_event, caller_for, refusal
from tests.factories import NOW, a_site, running_experiment, simulated_site, stocked

pytestmark = pytest.mark.django_db

AHEAD = ("9999-12-31T23:59:59.999999-23:59", "9999-12-31T23:59:59+23:59", "2999-02-28T00:00:00Z")


def exposure_of(caller: Caller, visitor: str, occurred_at: str) -> dict[str, object]:
    """Return an exposure event that claims what the assignment really is."""
    answer = caller.post("assignments", {"unit": {"visitor_id": visitor}}).json()
    [assigned] = answer["assignments"]
    return an_event(
        "exposure",
        unit={"visitor_id": visitor},
        occurred_at=occurred_at,
        properties={"experiment": assigned["experiment"], "variant": assigned["variant"]},
    )


@pytest.mark.parametrize("occurred_at", AHEAD)
def test_event__far_in_the_future__is_applied_at_its_arrival(occurred_at: str) -> None:
    caller = caller_for(a_site(timezone_name="Pacific/Kiritimati"))
    before = datetime.now(UTC)

    receipt = caller.post("events", {"events": [an_event(occurred_at=occurred_at), an_event()]})
    drained = drain_once()

    assert receipt.json() == {"accepted": 2, "rejected": []}
    assert drained.events == 2
    corrected = Event.objects.get(properties__clock_corrected=True)
    assert before <= corrected.occurred_at <= datetime.now(UTC)


@pytest.mark.parametrize("occurred_at", AHEAD)
def test_exposure__claimed_in_the_far_future__counts_from_its_arrival(occurred_at: str) -> None:
    site = a_site()
    running_experiment(site)
    caller = caller_for(site)
    before = datetime.now(UTC)

    caller.post("events", {"events": [exposure_of(caller, "v-1", occurred_at), an_event()]})
    drained = drain_once()

    assert drained.events == 2
    assert not Quarantine.objects.exists()
    assert before <= Exposure.objects.get().first_at <= datetime.now(UTC)


def test_event__with_an_odd_offset__keeps_its_moment() -> None:
    caller = caller_for(a_site())
    moment = datetime.now(UTC) - timedelta(hours=2)
    shifted = (moment + timedelta(hours=23, minutes=59)).strftime("%Y-%m-%dT%H:%M:%S.%f+23:59")

    caller.post("events", {"events": [an_event(occurred_at=shifted)]})
    drain_once()

    assert Event.objects.get().occurred_at == moment


def test_event__barely_within_seven_days__is_taken_and_one_beyond_is_not() -> None:
    _site, secret = simulated_site()
    caller = Caller(secret)
    edge = NOW - timedelta(days=7)
    events = [
        an_event(occurred_at=edge.isoformat()),
        an_event(occurred_at=(edge - timedelta(microseconds=1)).isoformat()),
    ]

    answer = caller.post("events", {"events": events, "context": {"now": NOW.isoformat()}}).json()

    assert answer["accepted"] == 1
    assert [(r["index"], r["code"]) for r in answer["rejected"]] == [(1, "too_old")]


OUTSIDE = ("0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59")


@pytest.mark.parametrize("now", [*OUTSIDE, "2200-01-01T00:00:00Z"])
@pytest.mark.parametrize("endpoint", ["recommendations", "events"])
def test_clock__at_the_ends_of_the_calendar__is_refused(endpoint: str, now: str) -> None:
    _site, secret = simulated_site()
    body = {"placement": "home", "events": [an_event()], "context": {"now": now}}

    response = Caller(secret).post(endpoint, body)

    assert refusal(response) == (400, "out_of_range", "context.now")


@pytest.mark.parametrize("now", ["1970-01-01T00:00:00+00:00", "2199-12-31T23:59:59-00:00"])
def test_clock__at_the_ends_of_what_is_allowed__is_taken_and_applied(now: str) -> None:
    site, secret = simulated_site()
    stocked(site)
    caller = Caller(secret)

    listed = caller.post("recommendations", {"placement": "home", "context": {"now": now}})
    sent = caller.post("events", {"events": [an_event(occurred_at=now)], "context": {"now": now}})
    recorder.buffer.flush()
    drain_once()

    assert (listed.status_code, sent.status_code) == (200, 202)
    assert not InboxBatch.objects.exists()
    assert Event.objects.get().occurred_at == datetime.fromisoformat(now)
    assert Slate.objects.get().served_at == datetime.fromisoformat(now)


def test_clock__of_a_site_that_is_not_simulated__is_refused() -> None:
    caller = caller_for(a_site(), "recommend", "simulate")

    response = caller.post(
        "recommendations", {"placement": "home", "context": {"now": NOW.isoformat()}}
    )

    assert refusal(response) == (403, "clock_refused", "context.now")


def test_clock__from_a_key_without_the_scope__is_refused() -> None:
    caller = caller_for(a_site(is_simulated=True), "recommend")

    response = caller.post(
        "recommendations", {"placement": "home", "context": {"now": NOW.isoformat()}}
    )

    assert refusal(response) == (403, "clock_refused", "context.now")
