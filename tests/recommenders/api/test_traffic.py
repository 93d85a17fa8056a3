"""Bots and the shop's own people are served, and counted as what they are."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from experiments.drain import drain_once
from experiments.intake import recorder
from experiments.models import ApiKey, Event, Exposure, Quarantine, Site, Slate
from tests.callers import Caller, caller_for, key_for
from tests.factories import a_site, running_experiment

pytestmark = pytest.mark.django_db
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0"
ASKED: dict[str, Any] = {"unit": {"visitor_id": "v-1"}, "placement": "home"}


@pytest.fixture
def site() -> Site:
    found = a_site()
    running_experiment(found)
    return found


@pytest.fixture
def browser(site: Site) -> Caller:
    secret = key_for(site, "recommend", "events", kind=ApiKey.Kind.PUBLISHABLE)
    return Caller("", **{"X-API-Key": secret, "User-Agent": BROWSER})


def office(site: Site) -> None:
    """Let the address that tests call from be the shop's own."""
    site.internal_networks = ["127.0.0.0/8"]
    site.save()


def applied() -> Slate:
    recorder.buffer.flush()
    drain_once()
    return Slate.objects.get()


def a_view(**fields: Any) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    unit = {"visitor_id": "v-1"}
    event = {"event_id": str(uuid.uuid4()), "type": "view_item", "occurred_at": now, "unit": unit}
    return event | fields


def test_list__for_a_shopper__is_of_no_marked_traffic(browser: Caller) -> None:
    answer = browser.post("recommendations", ASKED).json()

    assert answer["experiment"]["reason"] == "SPLIT"
    assert applied().traffic == ""


def test_list__for_a_declared_bot__is_served_outside_of_every_experiment(browser: Caller) -> None:
    answer = browser.post("recommendations", ASKED, User_Agent=BOT).json()

    assert answer["items"]
    assert answer["experiment"] == {
        "key": None,
        "phase": None,
        "variant": None,
        "in_experiment": False,
        "reason": "BOT",
    }
    slate = applied()
    assert (slate.traffic, slate.reason, slate.variant_id) == ("bot", "BOT", None)
    assert not Exposure.objects.exists()


def test_list__for_a_server__goes_by_the_agent_that_it_passes_on(site: Site) -> None:
    server = caller_for(site)
    own = server.post("recommendations", ASKED, User_Agent=BOT).json()
    passed = server.post("recommendations", ASKED | {"context": {"user_agent": BOT}}).json()

    assert own["experiment"]["reason"] == "SPLIT"
    assert passed["experiment"]["reason"] == "BOT"


def test_list__from_a_network_of_the_shop__is_that_of_a_variant_and_does_not_count(
    site: Site, browser: Caller
) -> None:
    before = browser.post("recommendations", ASKED).json()["experiment"]
    recorder.buffer.flush()
    drain_once()
    Slate.objects.all().delete()
    Exposure.objects.all().delete()
    office(site)

    answer = browser.post("recommendations", ASKED).json()

    assert answer["experiment"]["variant"] == before["variant"]
    assert (answer["experiment"]["in_experiment"], answer["experiment"]["reason"]) == (False, "QA")
    assert applied().traffic == "internal"
    assert not Exposure.objects.exists()


def test_list__asked_for_by_a_server_in_the_network__is_its_visitors(site: Site) -> None:
    office(site)

    answer = caller_for(site).post("recommendations", ASKED).json()

    assert answer["experiment"]["reason"] == "SPLIT"


def test_list__for_a_tester__is_internal(site: Site) -> None:
    caller_for(site).post("recommendations", ASKED | {"qa": True})

    assert applied().traffic == "internal"


@pytest.mark.parametrize(
    ("agent", "is_office", "traffic"),
    [(BROWSER, False, ""), (BOT, False, "bot"), (BROWSER, True, "internal"), (BOT, True, "bot")],
)
def test_events__of_any_traffic__are_stored_as_what_they_are(
    site: Site, browser: Caller, agent: str, is_office: bool, traffic: str
) -> None:
    if is_office:
        office(site)

    answer = browser.post("events", {"events": [a_view()]}, User_Agent=agent)
    drain_once()

    assert answer.json() == {"accepted": 1, "rejected": []}
    assert Event.objects.get().traffic == traffic


def test_claim__of_a_declared_bot__enrols_nobody(site: Site) -> None:
    server = caller_for(site)
    [assigned] = server.post("assignments", {"unit": ASKED["unit"]}).json()["assignments"]
    claim = a_view(
        type="exposure",
        properties={"experiment": assigned["experiment"], "variant": assigned["variant"]},
    )
    body = {"events": [claim], "context": {"user_agent": BOT}}

    server.post("events", body)
    drain_once()

    assert Event.objects.get().traffic == "bot"
    assert not Exposure.objects.exists()
    assert not Quarantine.objects.exists()
