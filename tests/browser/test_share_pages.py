"""The page behind a link, and the page where links are made, looked at.

With ARMATURE_SHOTS=docs/screens this writes the pictures of docs/sharing.md.
"""

import os
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from analytics.sharing.links import create_link
from tests.analytics.web.reports import analyse
from tests.analytics.web.rich import a_rich_run
from tests.browser.conftest import OpenPage
from tests.browser.screens import View, assert_well_made

pytestmark = pytest.mark.browser

LINKS = "/reports/home-test/links/"
SHOTS = os.environ.get("ARMATURE_SHOTS", "")
LENGTH = 1100  # pixels of a page that are kept
WIDE, NARROW = View(1280, "light"), View(400, "dark")


def keep(page: Page, name: str) -> None:
    """Keep a picture of the page's beginning where ARMATURE_SHOTS says."""
    width = (page.viewport_size or {"width": 0})["width"]
    clip: Any = {"x": 0, "y": 0, "width": width, "height": LENGTH}
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}-{width}.png", clip=clip, full_page=True)


def test_links__made_opened_and_revoked__are_well_made_in_every_view(
    open_page: OpenPage, operator: User
) -> None:
    experiment = a_rich_run(520)
    analyse(experiment)
    for view in (WIDE, NARROW):
        page = open_page(view, user=operator)
        page.goto(LINKS)
        page.get_by_label("For whom").fill("Board meeting")
        page.get_by_role("button", name="Make a link").click()
        expect(page.locator("#secret")).to_contain_text("/shared/")
        assert_well_made(page)
        keep(page, "links")
        address = page.locator("#secret").inner_text()
        read_by_a_stranger(open_page(view), address)
        page.goto(LINKS)
        page.get_by_role("button", name="Revoke link").first.click()
        expect(page.get_by_text("opens nothing any more")).to_be_visible()
        assert_well_made(page)


def read_by_a_stranger(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#verdict")).to_contain_text("with Hybrid")
    assert_well_made(page)
    keep(page, "shared")
    page.get_by_role("link", name="Absolute").click()
    expect(page.get_by_role("link", name="Absolute")).to_have_attribute("aria-current", "true")
    assert page.url.startswith(address)


def test_link__that_has_ended__shows_a_plain_page(open_page: OpenPage, operator: User) -> None:
    experiment = a_rich_run(60)
    analyse(experiment)
    now = timezone.now()
    link = create_link(experiment=experiment, actor="ada", now=now - timedelta(days=2), days=1)
    for view in (WIDE, NARROW):
        page = open_page(view, expected="404")
        page.goto(f"/shared/{link.token}/")
        expect(page.get_by_role("heading")).to_have_text("This link shows nothing")
        assert_well_made(page)
