"""The pages around the reports, in a real browser."""

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from tests.analytics.rows import a_run
from tests.analytics.web.reports import BETTER, analyse
from tests.browser.conftest import OpenPage
from tests.browser.screens import View, assert_well_made
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.browser


def test_login_page__any_view__is_sound(open_page: OpenPage, view: View) -> None:
    page = open_page(view)

    page.goto("/reports/")

    expect(page.get_by_role("heading", name="Sign in to Armature")).to_be_visible()
    assert_well_made(page)


def test_login__with_name_and_password__leads_to_the_page_asked_for(
    open_page: OpenPage, operator: User
) -> None:
    draft_experiment(a_site())
    page = open_page(View(400, "light"))
    page.goto("/reports/home-test/")

    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("correct username and password")
    assert_well_made(page)
    page.get_by_label("Password").fill("a long password of hers")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Home Test")).to_be_visible()


def test_report_list__without_experiments__is_sound(signed_in_page: Page) -> None:
    signed_in_page.goto("/reports/")

    expect(signed_in_page.get_by_text("There is no experiment yet")).to_be_visible()
    assert_well_made(signed_in_page)


def test_report_list__with_experiments__shows_them_and_is_sound(signed_in_page: Page) -> None:
    page = signed_in_page
    experiment = a_run(BETTER)
    analyse(experiment)
    for number in range(55):
        draft_experiment(experiment.site, f"a-key-without-a-place-to-break-{number}")

    page.goto("/reports/?page=2")

    row = page.get_by_role("row").filter(has_text="Home Test")
    expect(row).to_contain_text("Ship Treatment")
    expect(row).to_contain_text("as of Fri 20 Nov 2026, 12:00 UTC")
    expect(page.get_by_text("51–56 of 56 experiments")).to_be_visible()
    assert_well_made(page)


def test_menu__on_a_phone__opens_and_marks_the_current_page(
    open_page: OpenPage, operator: User
) -> None:
    page = open_page(View(400, "light"), user=operator)
    page.goto("/reports/")

    page.locator("summary").first.click()

    current = page.get_by_role("navigation", name="Main menu").locator("[aria-current]")
    expect(current).to_have_text("Reports")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert_well_made(page)


def test_sign_out__from_a_report__leads_to_signing_in(open_page: OpenPage, operator: User) -> None:
    page = open_page(user=operator)
    page.goto("/reports/")

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in to Armature")).to_be_visible()


@pytest.mark.parametrize("path", ["/no/such/page", "/reports/no-such-experiment/"])
def test_missing_page__any_view__is_sound(
    open_page: OpenPage, operator: User, view: View, path: str
) -> None:
    page = open_page(view, user=operator, expected="404 (Not Found)")

    answer = page.goto(path)

    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    expect(page.get_by_role("link", name="Go to the reports")).to_be_visible()
    assert_well_made(page)


@pytest.mark.parametrize(
    "template", ["403.html", "403_csrf.html", "500.html", "registration/locked.html"]
)
@pytest.mark.parametrize("view", [View(1280, "light"), View(400, "dark")], ids=str)
def test_error_page__rendered__is_sound(open_page: OpenPage, view: View, template: str) -> None:
    page = open_page(view)
    page.goto("/accounts/login/")

    page.set_content(render_to_string(template))
    page.wait_for_load_state("networkidle")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.panel')).padding") == "24px"
    assert_well_made(page)


def test_key_in_two_sites__choice__is_sound(signed_in_page: Page) -> None:
    for slug in ("north", "south"):
        draft_experiment(a_site(slug))

    signed_in_page.goto("/reports/home-test/")
    assert_well_made(signed_in_page)
    signed_in_page.get_by_role("link", name="Home Test").last.click()

    expect(signed_in_page.get_by_role("heading", name="Home Test")).to_be_visible()
