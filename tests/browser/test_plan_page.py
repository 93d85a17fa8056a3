"""The planner's page, looked at: answered, empty, short, refused, under way.

With ARMATURE_SHOTS=docs/screens this writes the pictures of docs/planner.md.
"""

import os

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from experiments.models import Experiment
from tests.analytics.launch.shop import bought_before, choose, guard, visit
from tests.analytics.rows import Shares
from tests.analytics.web.reports import reported
from tests.browser.conftest import OpenPage
from tests.browser.screens import View, assert_well_made
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.browser

PATH = "/reports/home-test/plan/"
WIDE, NARROW = View(1280, "light"), View(400, "light")
SHOTS = os.environ.get("ARMATURE_SHOTS", "")
RUN = {"control": Shares(700, 0.2), "treatment": Shares(700, 0.22)}


def a_shop(days: int = 28) -> Experiment:
    """Return a draft in a shop that was there for so many days."""
    experiment = draft_experiment(a_site(), mde=0.2, planned_days=28)
    choose(experiment, conversion="primary", revenue_per_unit="secondary", aov="secondary")
    guard(experiment, 0.1, "ctr", "add_to_cart_rate")
    if days:
        visit(experiment, 100 * days, 20 * days, days=days)
        bought_before(experiment, [1500 if i % 5 == 0 else 0 for i in range(50 * days)])
    return experiment


@pytest.mark.parametrize("view", [WIDE, NARROW, View(1280, "dark")], ids=str)
def test_plan__in_each_state__is_well_made(open_page: OpenPage, operator: User, view: View) -> None:
    experiment = a_shop(days=0)
    page = open_page(view, user=operator)
    page.goto(PATH)
    expect(page.locator("#missing")).to_contain_text("nothing to plan from yet")
    look(page, f"plan-empty-{view}")

    visit(experiment, 700, 140, days=7)
    page.goto(PATH)
    expect(page.locator("#short")).to_contain_text("Only 7 days")
    look(page, f"plan-short-{view}")

    page.goto(f"{PATH}?lift=-1&share=200")
    expect(page.get_by_role("alert")).to_contain_text("cannot be planned as it was asked")
    look(page, f"plan-refused-{view}")

    page.goto(f"{PATH}?lift=0.1")
    expect(page.locator("#says")).to_contain_text("is never reached")
    look(page, f"plan-never-{view}")


@pytest.mark.parametrize("view", [WIDE, NARROW], ids=str)
def test_plan__of_a_shop_and_of_a_run__is_well_made(
    open_page: OpenPage, operator: User, view: View
) -> None:
    a_shop()
    reported(RUN, site=a_site("running-shop", is_simulated=True), has_ended=False, mde=0.1)
    page = open_page(view, user=operator)

    page.goto(f"{PATH}?site=shop&monitoring=fixed")
    expect(page.locator("#metrics")).to_contain_text("to find +20")
    look(page, f"plan-{view.width}")
    page.goto(f"{PATH}?site=running-shop")
    expect(page.locator("#left")).to_contain_text("1,400 units so far")
    look(page, f"plan-running-{view.width}")


def test_plan__asked_by_the_form__works_without_scripts_and_prints(
    open_page: OpenPage, operator: User
) -> None:
    a_shop()
    page = open_page(WIDE, user=operator, scripts=False)
    page.goto(PATH)

    page.get_by_role("spinbutton", name="Days").fill("56")
    page.get_by_label("Lift to find, %").fill("50")
    page.get_by_role("button", name="Plan").click()

    expect(page.locator("#says")).to_contain_text("With 56 days")
    expect(page.locator("#says")).to_contain_text("To find +50")
    page.get_by_role("link", name="Revenue per unit").click()
    expect(page.locator("#h-weeks")).to_have_text("Revenue per unit, by weeks of running")
    expect(page.get_by_role("spinbutton", name="Days")).to_have_value("56")
    page.emulate_media(media="print")
    expect(page.locator("form.plan-ask")).to_be_visible()  # what was asked belongs to the answer
    expect(page.get_by_role("button", name="Plan")).to_be_hidden()
    expect(page.locator("#weeks svg.chart")).to_be_visible()
    expect(page.locator("#weeks table")).to_be_visible()


def look(page: Page, name: str) -> None:
    """Check a page with everything on it open, and keep a picture of it where SHOTS says."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    page.evaluate("() => document.querySelectorAll('main details').forEach(e => { e.open = true })")
    assert_well_made(page)
