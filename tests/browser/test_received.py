"""The tail of events in a real browser: what is sent appears by itself, and is mended there."""

import json
import re
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from experiments.drain import drain_once
from experiments.models import Event, Quarantine, Site
from tests.browser.conftest import OpenPage
from tests.browser.screens import VIEWS, View, assert_admin_well_made
from tests.callers import an_event, key_for
from tests.factories import a_site, member, running_experiment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TAIL = "/admin/experiments/event/received/"
EVIL = '"><script>alert(1)</script>'
EUR = {"currency": "EUR"}
WIDTHS = [View(1280, "light"), View(400, "light")]


class Shop:
    """A storefront that sends to the running server."""

    def __init__(self, site: Site, server: LiveServer) -> None:
        self.url, self.key = server.url, key_for(site, "events", "recommend")

    def post(self, path: str, body: Any) -> Any:
        """Send JSON; return the answer."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def send(self, *events: dict[str, Any]) -> None:
        """Send events, and apply what waits."""
        self.post("events", {"events": list(events)})
        drain_once()


def tail_rows(page: Page) -> list[str]:
    return [text.split("\n")[0] for text in page.locator(".ev-table .li-pill").all_inner_texts()]


@pytest.mark.parametrize("view", WIDTHS, ids=str)
def test_tail__while_events_come__shows_them_and_mends_the_bad_one(
    open_page: OpenPage, live_server: LiveServer, view: View
) -> None:
    site = a_site()
    shop = Shop(site, live_server)
    page = open_page(view, user=member(site, "editor", "ines"))
    page.goto(TAIL)
    expect(page.get_by_text("Nothing has come yet.")).to_be_visible()
    page.evaluate("window.isTheSamePage = true")

    good = an_event("view_item", item_id=EVIL, unit={"visitor_id": EVIL})
    shop.send(good)
    shop.send(good)
    bad = an_event(
        "purchase",
        value={"amount": -1999, **EUR},
        order_id="o-17",
        properties={"note": EVIL},
    )
    shop.send(bad)

    expect(page.locator(".ev-table .li-pill")).to_have_count(3)
    assert tail_rows(page) == ["Quarantined", "Duplicate", "Accepted"]
    assert page.evaluate("window.isTheSamePage") is True
    expect(page.get_by_text(EVIL).first).to_be_visible()
    assert_admin_well_made(page, "tail")

    page.get_by_role("link", name="purchase", exact=True).click()
    expect(page.locator(".ev-failing")).to_contain_text('"amount": -1999')
    assert_admin_well_made(page, "refused")
    box = page.get_by_label("The event, as JSON")
    box.fill(box.input_value().replace('"amount": -1999', '"amount": "1999"'))
    page.get_by_role("button", name="Replay corrected").click()
    expect(page.get_by_role("alert")).to_contain_text("value.amount")
    assert_admin_well_made(page, "refused-again")
    box.fill(box.input_value().replace('"amount": "1999"', '"amount": 1999'))
    page.get_by_role("button", name="Replay corrected").click()
    expect(page.get_by_text("Replayed by ines")).to_be_visible()
    assert_admin_well_made(page, "replayed")
    drain_once()

    page.get_by_role("link", name="See what became of it").click()
    expect(page.locator(".ev-table .li-pill").first).to_have_text("Accepted")
    event = Event.objects.get(type="purchase")
    assert (str(event.event_id), event.amount) == (bad["event_id"], 1999)
    assert Quarantine.objects.get().replayed_by == "ines"


def test_tail__paused_and_held__stays_as_it_is(
    open_page: OpenPage, live_server: LiveServer
) -> None:
    site = a_site()
    shop = Shop(site, live_server)
    shop.send(an_event("view_item"))
    page = open_page(user=member(site, "viewer", "vera"))
    page.goto(TAIL)

    page.get_by_role("button", name="Pause").click()
    shop.send(an_event("search"))
    page.wait_for_timeout(4_000)
    expect(page.locator(".ev-table .li-pill")).to_have_count(1)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".ev-table .li-pill")).to_have_count(2)


def test_tail__without_scripts__is_read_and_narrowed_all_the_same(
    open_page: OpenPage, live_server: LiveServer
) -> None:
    site = a_site()
    Shop(site, live_server).send(an_event("view_item"), an_event("search"))
    page = open_page(user=member(site, "viewer", "vera"), scripts=False)

    page.goto(TAIL)
    expect(page.locator(".ev-table .li-pill")).to_have_count(2)
    page.get_by_label("Type").fill("search")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".ev-table .li-pill")).to_have_count(1)


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_pages__of_events__are_well_made(
    open_page: OpenPage, live_server: LiveServer, view: View
) -> None:
    site = a_site()
    running_experiment(site)
    shop = Shop(site, live_server)
    unit = {"visitor_id": "v-81", "account_id": "a-account-with-a-very-long-name-" + "x" * 200}
    slate = shop.post("recommendations", {"unit": unit, "placement": "home"})
    drain_once()
    quoted = {"request_id": slate["request_id"], "unit": unit}
    old = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    bought = an_event("purchase", value={"amount": 1999, **EUR}, order_id="o-1", **quoted)
    shop.send(an_event("select_item", item_id="sku-1", rank=1, **quoted), bought)
    shop.send(bought, an_event(occurred_at=old), an_event(occurred_at=old))
    shop.send(bought | {"order_id": "o-2"}, an_event(event_id="17", unit={"visitor_id": EVIL}))
    shop.send(*[an_event("purchase")] * 40)
    shop.post("events", {"events": [an_event("search", session_id=str(uuid.uuid4()))]})
    page = open_page(view, user=member(site, "admin", "ada"))
    shade = f"-{view.scheme}"

    page.goto(TAIL)
    expect(page.get_by_text("Waiting").first).to_be_visible()
    assert_admin_well_made(page, f"all{shade}")
    page.get_by_text("More filters").click()
    assert_admin_well_made(page, f"filters{shade}")
    page.goto(f"{TAIL}accepted/{Event.objects.get(type='purchase').pk}/")
    expect(page.get_by_role("heading", name="What it counts for")).to_be_visible()
    assert_admin_well_made(page, f"accepted{shade}")
    for code in ("too_old", "conflict", "invalid_field", "missing_value"):
        page.goto(f"{TAIL}quarantined/{Quarantine.objects.filter(code=code)[0].pk}/")
        assert_admin_well_made(page, f"{code}{shade}")
    page.get_by_text("Discard it").click()
    assert_admin_well_made(page, f"discard{shade}")
    page.goto(f"{TAIL}replay/?site={site.slug}")
    expect(page.get_by_role("button", name=re.compile("Replay all"))).to_be_visible()
    assert_admin_well_made(page, f"replay{shade}")
