"""The pages around the reports, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.screens import (
    View,
    assert_no_clipped_text,
    assert_no_overflow,
    serious_violations,
)

pytestmark = pytest.mark.browser


def assert_sound(page: Page) -> None:
    assert_no_overflow(page)
    assert_no_clipped_text(page)
    assert serious_violations(page) == []


def test_login_page__any_view__is_sound(open_page: OpenPage, view: View) -> None:
    page = open_page(view)

    page.goto("/reports/")

    expect(page.get_by_role("heading", name="Sign in to Armature")).to_be_visible()
    assert_sound(page)


def test_report_list__without_experiments__is_sound(signed_in_page: Page) -> None:
    signed_in_page.goto("/reports/")

    expect(signed_in_page.get_by_role("heading", name="Reports")).to_be_visible()
    assert_sound(signed_in_page)
