"""Every state of a report in a real browser, on a wide and on a narrow screen.

`python -m tests.browser.shots` keeps pictures of what is looked at here.
"""

import os
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.analytics.web.reports import analyse
from tests.analytics.web.rich import a_rich_run
from tests.browser.conftest import OpenPage
from tests.browser.report_states import STATES
from tests.browser.screens import SHOTS, View, assert_no_overflow, assert_well_made

pytestmark = pytest.mark.browser

PATH = "/reports/home-test/"
LENGTH = 1100  # pixels of a page that are kept in the repository
IS_KEPT = bool(os.environ.get("ARMATURE_SHOTS_KEPT"))
KEPT = ("computing", "empty", "failed", "stale", "srm", "loss", "a-a-differs", "hostile")
VIEWS = (View(1280, "light"), View(400, "dark"))
OPENED = "() => document.querySelectorAll('main details').forEach(e => { e.open = true })"


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
        keep(page, state, view)

        expect(page.locator("#verdict")).to_be_visible()
        expect(page.locator(".verdict")).to_have_attribute("data-state", face)
        expect(page.locator("main")).to_contain_text(words)
        assert page.title() != "taken"
        check(open_page, operator, view)


def check(open_page: OpenPage, operator: User, view: View) -> None:
    """Assert that the page is well made, with everything that folds opened."""
    page = open_page(view, user=operator)
    page.goto(PATH)
    page.evaluate(OPENED)
    assert_well_made(page)


def test_report__on_paper__is_light_whole_and_without_buttons(
    open_page: OpenPage, operator: User
) -> None:
    analyse(a_rich_run())
    page = open_page(View(794, "dark"), user=operator)  # A4 at 96 dots to the inch
    page.goto(PATH)

    page.emulate_media(media="print")

    page.evaluate(OPENED)
    keep(page, "print", View(794, "light"))
    assert_no_overflow(page)
    expect(page.get_by_role("button")).to_have_count(0)
    paper = page.evaluate(
        "() => getComputedStyle(document.querySelector('.panel')).backgroundColor"
    )
    assert paper == "rgb(255, 255, 255)"


def keep(page: Page, state: str, view: View) -> None:
    """Keep a picture of the page where ARMATURE_SHOTS says; of kept ones only the beginning."""
    if not SHOTS or (IS_KEPT and state not in KEPT):
        return
    clip: Any = {"x": 0, "y": 0, "width": view.width, "height": LENGTH}
    tall = page.evaluate("() => document.documentElement.scrollHeight")
    part = {"clip": clip} if IS_KEPT and tall > LENGTH else {}
    page.screenshot(path=f"{SHOTS}/{state}-{view}.png", full_page=True, **part)
