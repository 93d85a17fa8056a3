"""Addresses of the pages of events that nobody's link has: an answer in words, never a 500."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from experiments import snapshot
from experiments.models import Site
from tests.callers import an_event, caller_for
from tests.experiments.admin.forms import signed_in
from tests.factories import a_site, member

pytestmark = pytest.mark.django_db

TAIL = "/admin/experiments/event/received/"
FAR = "99999999999999999999999"  # beyond 64 bits
ODD = [
    "site=%00", "site=%F0%9F%98%80", f"api_key={FAR}", "api_key=-1", "api_key=%D9%A1",
    "unit=%00", "unit=%ED%A0%80", "unit=100%25_", "event_id=%00", "event_id=%7B%7D",
    "request_id=x", "kind=nobody", "kind=%00", "code=%00", "type=%00", "unit_type=x",
    "since=0001-01-01", "until=9999-12-31", "since=2026-11-28T10:00:00%2B23:59",
    "until=2026-11-28T10:00:00-23:59", "since=x", "day=2026-02-30", "day=0001-01-01",
    "cursor=a", "cursor=a%00", f"cursor=a{FAR}", "cursor=x1", "cursor=a1.a2", "part=x",
]  # fmt: skip


@pytest.fixture
def ines() -> Client:
    return signed_in(member(a_site(), "editor", "ines"))


@pytest.mark.parametrize("query", ODD)
@pytest.mark.parametrize("page", [TAIL, f"{TAIL}replay/"])
def test_page__odd_address__answers_in_words(ines: Client, page: str, query: str) -> None:
    assert ines.get(f"{page}?{query}").status_code in {200, 302, 404}


@pytest.mark.parametrize("query", ODD)
@pytest.mark.parametrize("path", ["events", "quarantine"])
def test_api__odd_address__answers_in_words(path: str, query: str) -> None:
    answer = caller_for(a_site(), "analyses").get(f"{path}?{query}")

    assert answer.status_code in {200, 400}
    assert answer.status_code == 200 or answer.json()["detail"]


@pytest.mark.parametrize(
    "page",
    [
        f"accepted/{FAR}/?at=x",
        "accepted/1/?at=9999-12-31",
        "accepted/1/?at=%00",
        f"waiting/{FAR}/0/",
        f"duplicate/{FAR}/",
        f"quarantined/{FAR}/",
    ],
)
def test_page__of_an_event_that_cannot_be__is_not_found(ines: Client, page: str) -> None:
    assert ines.get(TAIL + page).status_code == 404


def test_list__event_of_the_last_day_there_is_waits__is_shown() -> None:
    site = a_site()
    late = an_event("view_item", occurred_at="9999-12-31T23:59:59-12:00")
    assert caller_for(site, "events").post("events", {"events": [late]}).status_code == 202

    answer = caller_for(site, "analyses").get("events?kind=waiting")

    assert [row["event_id"] for row in answer.json()["results"]] == [late["event_id"]]
    assert signed_in(member(site, "editor", "ines")).get(TAIL).status_code == 200


def test_list__of_a_day__has_what_waits_of_the_day_in_the_sites_zone() -> None:
    site = a_site()
    Site.objects.filter(pk=site.pk).update(timezone="Pacific/Auckland")
    snapshot.watched.reset()
    evening = (datetime.now(UTC) - timedelta(days=1)).replace(hour=22)  # the next morning there
    event = an_event("view_item", occurred_at=evening.isoformat())
    assert caller_for(site, "events").post("events", {"events": [event]}).status_code == 202

    listed = caller_for(site, "analyses").get
    there = (evening + timedelta(days=1)).date()

    assert len(listed(f"events?day={there}").json()["results"]) == 1
    assert listed(f"events?day={evening.date()}").json()["results"] == []
