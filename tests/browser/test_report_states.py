"""Every state of a report in a real browser, on a wide and on a narrow screen."""

import os

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.report_states import STATES
from tests.browser.screens import View, assert_well_made

pytestmark = pytest.mark.browser

PATH = "/reports/home-test/"
SHOTS = os.environ.get("ARMATURE_SHOTS", "")
VIEWS = (View(1280, "light"), View(400, "dark"))


@pytest.mark.parametrize("state", STATES)
def test_report__in_each_state__says_which_and_is_well_made(
    open_page: OpenPage, operator: User, state: str
) -> None:
    make, face, words = STATES[state]
    make()
    for view in VIEWS:
        # Without scripts the page that waits does not look again while it is looked at.
        page = open_page(view, user=operator, scripts=False)
        page.goto(PATH)
        keep(page, f"report-{state}-{view}")

        expect(page.locator("#verdict")).to_be_visible()
        expect(page.locator(".verdict")).to_have_attribute("data-state", face)
        expect(page.locator("main")).to_contain_text(words)
        assert page.title() != "taken"
        check(open_page, operator, view)


def check(open_page: OpenPage, operator: User, view: View) -> None:
    """Assert that the page is well made, with everything that folds opened."""
    page = open_page(view, user=operator)
    page.goto(PATH)
    page.evaluate("() => document.querySelectorAll('main details').forEach(e => { e.open = true })")
    assert_well_made(page)


def keep(page: Page, name: str) -> None:
    """Keep a picture of the page where ARMATURE_SHOTS says."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
