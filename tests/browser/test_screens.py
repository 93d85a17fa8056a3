"""The checks of a screen notice what they are there for."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.screens import (
    Problems,
    View,
    assert_no_clipped_text,
    assert_no_overflow,
    serious_violations,
)

pytestmark = pytest.mark.browser

PHONE = View(400, "light")


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page(PHONE)


@pytest.mark.parametrize(
    "body",
    [
        '<div style="width: 500px">wide</div>',
        '<div style="overflow-x: auto"><p style="width: 500px">wide</p></div>',
        '<div style="position: relative; left: -50px">outside</div>',
        '<table style="table-layout: fixed; width: 60px"><td>unbreakablewords</td></table>',
    ],
)
def test_assert_no_overflow__something_sticks_out__fails(page: Page, body: str) -> None:
    page.set_content(body)

    with pytest.raises(AssertionError):
        assert_no_overflow(page)


def test_assert_no_overflow__code_that_scrolls__passes(page: Page) -> None:
    page.set_content('<pre style="overflow: auto">' + "a long statement " * 50 + "</pre>")

    assert_no_overflow(page)


@pytest.mark.parametrize(
    "style", ["width: 60px; overflow: hidden; white-space: nowrap", "height: 8px; overflow: clip"]
)
def test_assert_no_clipped_text__box_hides_a_part__fails(page: Page, style: str) -> None:
    page.set_content(f'<div style="{style}">more words than fit in here</div>')

    with pytest.raises(AssertionError):
        assert_no_clipped_text(page)


def test_serious_violations__field_without_label__is_named(page: Page) -> None:
    page.set_content('<html lang="en"><title>A form</title><main><input></main></html>')

    assert [each.split(":")[0] for each in serious_violations(page)] == ["label"]


@pytest.mark.parametrize(
    "script", ["console.error('broken')", "nothing.here()", "fetch('http://127.0.0.1:9/')"]
)
def test_problems__script_complains_or_asks_elsewhere__are_found(page: Page, script: str) -> None:
    problems = Problems("http://shop.example")
    other = page.context.new_page()
    problems.watch(other)

    other.set_content(f"<script>{script}</script>")
    other.wait_for_timeout(100)

    assert problems.found != []
