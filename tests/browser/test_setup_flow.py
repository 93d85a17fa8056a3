"""A product manager's set-up of an experiment, step by step, on a wide and a narrow screen."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from experiments.models import Experiment, Site
from experiments.services import VariantDraft, edit_experiment
from experiments.web.setup.steps import ORDER
from tests.browser.conftest import OpenPage
from tests.browser.screens import VIEWS, View
from tests.browser.screens import assert_admin_well_made as assert_well_made
from tests.factories import (
    a_site,
    draft_experiment,
    member,
    running_experiment,
    stocked,
    trained,
)
from tests.rows import a_slate, an_event

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = [View(1280, "light"), View(400, "light")]


def product_manager(site: Site) -> User:
    """Return somebody who may edit experiments of the site."""
    return member(site, "editor", "ines")


def visited(site: Site, count: int = 120) -> None:
    """Give the site lists and purchases of the last four weeks."""
    now = timezone.now()
    for index in range(count):
        moment = now - timedelta(days=index % 28, minutes=5)
        whose: dict[str, Any] = {
            "visitor_id": f"v-{index}",
            "attributes": {"country": "DE" if index % 3 else "AT", "new_visitor": index % 2 == 0},
        }
        a_slate(site, moment, **whose).save()
        if index % 4 == 0:
            an_event(
                site,
                "purchase",
                moment,
                **whose,
                amount=1000 + 37 * index,
                currency="EUR",
                order_id=f"o-{index}",
                order_ref=f"o-{index}",
                items=[{"item_id": "sku-1", "quantity": 1, "price": 1000}],
            ).save()


def go_on(page: Page, title: str) -> None:
    """Press the button to the next step and wait for it."""
    page.get_by_role("button", name=f"Continue to {title}").click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()


@pytest.mark.parametrize("view", WIDTHS, ids=str)
def test_flow__taken_step_by_step__ends_with_a_running_experiment(
    open_page: OpenPage, view: View
) -> None:
    site = a_site()
    running_experiment(site, "first", allocation=2_500)
    visited(site)
    page = open_page(view, user=product_manager(site))

    page.goto("/admin/")
    page.get_by_role("link", name="New experiment").click()
    assert_well_made(page, "1-new")
    page.get_by_label("Name", exact=True).fill("Hybrid on the home page")
    expect(page.get_by_label("Key", exact=True)).to_have_value("hybrid-on-the-home-page")
    page.get_by_label("If", exact=True).fill("the home page lists what fits the shopper")
    page.get_by_label("then (the metric that decides)").select_option("revenue_per_unit")
    page.get_by_label("because", exact=True).fill("most visitors never scroll past the first row")
    page.get_by_label("Where", exact=True).select_option(label="Home page")
    page.get_by_role("button", name="Save the draft, on to Variants").click()

    expect(page.get_by_role("heading", name="Variants", exact=True)).to_be_visible()
    page.locator("#id_variants-0-recommender").select_option("popularity")
    page.locator("#id_variants-1-recommender").select_option("random")
    page.get_by_role("button", name="Save and show the lists").click()
    expect(page.get_by_text("The list to compare with")).to_be_visible()
    expect(page.get_by_text(re.compile(r"of 10 shared with the control"))).to_be_visible()
    assert_well_made(page, "2-variants")
    go_on(page, "Traffic")

    page.get_by_label("Share of units, %").fill("90")
    page.get_by_role("button", name="Continue to Audience").click()
    refusal = "Home page has no 90 % free in one piece: first holds 25 %. Take 75 % or less"
    expect(page.get_by_text(refusal)).to_be_visible()
    page.get_by_label("Share of units, %").fill("50")
    page.get_by_label("Let them in").select_option("1, 5, 25, 100")
    page.get_by_label("Treatment", exact=True).fill("3")
    expect(page.get_by_text("Treatment: 75 %, from 25 to 100")).to_be_visible()
    page.get_by_label("Treatment", exact=True).fill("1")
    assert_well_made(page, "3-traffic")
    go_on(page, "Audience")

    expect(page.get_by_text("units seen in the last 7 days match (100.0 %)")).to_be_visible()
    page.get_by_role("button", name="Add a row").click()
    page.get_by_label("Attribute, row 1").fill("country")
    page.get_by_label("Value, row 1").fill("DE")
    page.get_by_label("Value, row 1").press("Tab")
    expect(page.get_by_label("The condition as JSON")).to_have_value('{\n "country": "DE"\n}')
    expect(page.get_by_text(re.compile(r"last 7 days match \(6\d"))).to_be_visible()
    assert_well_made(page, "4-audience")
    go_on(page, "Metrics")

    page.get_by_label("Role of Conversion").select_option("guardrail")
    page.get_by_label("Margin of Conversion, %").fill("2")
    assert_well_made(page, "5-metrics")
    go_on(page, "Duration")

    page.get_by_label("Planned run, days").fill("28")
    page.get_by_label("Smallest lift worth detecting, %").fill("5")
    assert_well_made(page, "6-duration")
    go_on(page, "Checks")

    assert_well_made(page, "7-checks")
    waive_everything(page)
    expect(page.get_by_text("Every check has passed or was waived.")).to_be_visible()
    go_on(page, "Review")

    sentence = (
        "If the home page lists what fits the shopper, then Revenue per unit rises, "
        "because most visitors never scroll past the first row."
    )
    expect(page.get_by_text(sentence)).to_be_visible()
    assert_well_made(page, "8-review")
    page.get_by_role("button", name="Start now").click()

    expect(page.get_by_text("Hybrid on the home page is running.")).to_be_visible()
    experiment = Experiment.objects.get(key="hybrid-on-the-home-page")
    assert experiment.status == "running"
    assert experiment.eligibility == {"country": {"$eq": "DE"}}
    assert experiment.mde == pytest.approx(0.05)
    assert [step.percent for step in experiment.ramp_steps.all()] == [1, 5, 25, 100]


def waive_everything(page: Page) -> None:
    """Waive each open warning with a reason."""
    summaries = page.get_by_text("Waive it", exact=True)
    while summaries.count():
        left = summaries.count()
        summaries.first.click()
        page.get_by_label("Why it may be so").first.fill("a trial run of the flow")
        page.locator(".su-waive button:visible").first.click()
        expect(summaries).to_have_count(left - 1)


def test_flow__with_the_keyboard_alone__saves_and_goes_on(open_page: OpenPage) -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity", "random")
    experiment = draft_experiment(site)
    page = open_page(user=product_manager(site))
    page.goto(f"/admin/experiments/experiment/{experiment.pk}/setup/duration/")

    page.get_by_label("Planned run, days").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("21")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Checks", exact=True)).to_be_visible()
    experiment.refresh_from_db()
    assert experiment.planned_days == 21


def test_step__changed_and_left_alone__is_saved_by_itself(open_page: OpenPage) -> None:
    site = a_site()
    experiment = draft_experiment(site)
    page = open_page(user=product_manager(site))
    page.goto(f"/admin/experiments/experiment/{experiment.pk}/setup/question/")

    page.get_by_label("If", exact=True).fill("the list is personal")
    page.get_by_label("because", exact=True).fill("it fits")
    page.get_by_label("because", exact=True).press("Tab")
    expect(page.get_by_text("Draft saved just now.")).to_be_visible()
    page.get_by_role("button", name="Continue to Variants").click()

    expect(page.get_by_role("heading", name="Variants", exact=True)).to_be_visible()
    experiment.refresh_from_db()
    assert experiment.hypothesis_change == "the list is personal"


@pytest.mark.parametrize("view", WIDTHS, ids=str)
def test_two_editors__of_one_step__see_the_difference_and_choose(
    open_page: OpenPage, view: View
) -> None:
    site = a_site()
    experiment = draft_experiment(site)
    page = open_page(view, user=product_manager(site), expected="409 (Conflict)")
    page.goto(f"/admin/experiments/experiment/{experiment.pk}/setup/duration/")
    edit_experiment(
        experiment_id=experiment.pk, actor="tomasz", version=1, changes={"planned_days": 21}
    )

    page.get_by_label("Planned run, days").fill("35")
    page.get_by_role("button", name="Continue to Checks").click()

    expect(page.get_by_text("Somebody else saved this experiment meanwhile")).to_be_visible()
    expect(page.locator(".su-diff tbody tr")).to_have_text(
        re.compile(r"Planned run, days\s*35\s*21")
    )
    assert_well_made(page, "9-conflict")
    page.get_by_role("button", name="Continue to Checks").click()
    expect(page.get_by_role("heading", name="Checks", exact=True)).to_be_visible()
    experiment.refresh_from_db()
    assert experiment.planned_days == 35


def test_condition__richer_than_rows__is_left_to_the_json(open_page: OpenPage) -> None:
    site = a_site()
    rich = {"$or": [{"country": {"$eq": "DE"}}, {"plan": {"$eq": "member"}}]}
    plain = {"age": {"$type": "number", "$gte": 18}, "country": {"$in": ["DE", "AT"]}}
    experiment = draft_experiment(site, eligibility=rich)
    page = open_page(user=product_manager(site))
    page.goto(f"/admin/experiments/experiment/{experiment.pk}/setup/audience/")

    expect(page.get_by_text("This condition says more than rows can show")).to_be_visible()
    page.get_by_label("The condition as JSON").fill(json.dumps(plain))

    expect(page.get_by_label("Value, row 1")).to_have_value("18")
    expect(page.get_by_label("Value, row 2")).to_have_value("DE, AT")
    page.get_by_label("Remove row 1").click()
    expect(page.get_by_label("The condition as JSON")).to_have_value(re.compile("country"))
    go_on(page, "Metrics")
    experiment.refresh_from_db()
    assert experiment.eligibility == {"country": {"$in": ["DE", "AT"]}}


def test_flow__without_a_script__works_all_the_same(open_page: OpenPage) -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity", "random")
    page = open_page(user=product_manager(site), scripts=False)

    page.goto("/admin/experiments/experiment/add/")
    page.get_by_label("Name", exact=True).fill("No script")
    page.get_by_role("button", name="Save the draft, on to Variants").click()
    page.get_by_role("button", name="Add a variant").click()
    page.locator("#id_variants-2-name").fill("Third")
    go_on(page, "Traffic")
    go_on(page, "Audience")
    page.get_by_label("The condition as JSON").fill('{"country": "DE"}')
    go_on(page, "Metrics")

    experiment = Experiment.objects.get(key="no-script")
    assert [variant.key for variant in experiment.variants.all()] == [
        "control",
        "treatment",
        "third",
    ]
    assert experiment.eligibility == {"country": {"$eq": "DE"}}


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_steps__of_ten_variants_with_long_names__are_well_made(
    open_page: OpenPage, view: View
) -> None:
    site = a_site()
    variants = [
        VariantDraft(
            key=f"variant-{number}",
            name=f"Diversified-hybrid-of-everything-{number} " + "with a long name " * 4,
            is_control=number == 0,
            parameters={"recommender": "popularity"},
        )
        for number in range(10)
    ]
    experiment = draft_experiment(site, "a-key-that-goes-on-" + "and-on-" * 8, variants=variants)
    page = open_page(view, user=product_manager(site))

    for slug in ORDER:
        page.goto(f"/admin/experiments/experiment/{experiment.pk}/setup/{slug}/")
        assert_well_made(page, f"many-{slug}-{view.scheme}")
