"""A product manager's whole path in the admin, in a real browser, on a wide and a narrow screen."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from experiments.models import Experiment
from tests.browser.conftest import OpenPage
from tests.browser.screens import (
    View,
    assert_no_clipped_text,
    assert_no_overflow,
    serious_violations,
)
from tests.factories import a_site, draft_experiment, running_experiment, stocked, trained

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a long password of hers"
# The theme cuts what is longer than its line in the account's name and the menu's search box.
MAY_CLIP = "pre, #nav-sidebar-inner, #header-inner"
# The menu and rows of fields scroll inside themselves.
MAY_SCROLL = "pre, #nav-sidebar, [data-simplebar]"


def assert_well_made(page: Page) -> None:
    """Assert that nothing overflows, nothing is clipped and axe finds nothing grave."""
    page.wait_for_timeout(300)
    assert_no_overflow(page, may_scroll=MAY_SCROLL)
    assert_no_clipped_text(page, may_clip=MAY_CLIP)
    assert serious_violations(page) == []


def sign_in(page: Page) -> None:
    """Sign in through the admin's own form."""
    page.goto("/admin/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def fill_experiment(page: Page, share: int) -> None:
    """Fill the form of a new experiment; the two variants stand there already."""
    page.locator("#id_name").press_sequentially("Hybrid on the home page")
    page.locator("#id_hypothesis").fill("If the list fits, then revenue rises.")
    page.locator("#id_placement").select_option(label="Shop · Home page")
    page.locator("#id_share").fill(str(share))
    page.locator("#id_lift").fill("5")
    page.locator("#id_variants-0-recommender").select_option("popularity")
    page.locator("#id_variants-1-recommender").select_option("random")


def test_experiment__created_and_started_in_the_admin__runs(
    open_page: OpenPage, view: View
) -> None:
    site = a_site()
    running_experiment(site, "first", allocation=2_500)
    User.objects.create_superuser("ada", "ada@shop.example", PASSWORD)
    page = open_page(view)
    sign_in(page)

    expect(page.get_by_role("heading", name="Experiments", exact=True).first).to_be_visible()
    assert_well_made(page)
    page.get_by_role("link", name="New experiment").click()
    assert_well_made(page)
    fill_experiment(page, share=90)
    expect(page.locator("#id_key")).to_have_value("hybrid-on-the-home-page")
    page.get_by_role("button", name="Save", exact=True).click()

    refusal = "Home page has no 90 % free in one piece: first holds 25 %. Take 75 % or less"
    expect(page.get_by_text(refusal)).to_be_visible()
    assert_well_made(page)
    page.locator("#id_share").fill("50")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("Ready: every check has passed.")).to_be_visible()
    expect(page.get_by_text("all 6 passed")).to_be_visible()
    expect(page.get_by_text("this experiment: 50 %, from 25 to 75")).to_be_visible()
    expect(page.get_by_text("Treatment: 50 %, from 50 to 100")).to_be_visible()
    assert_well_made(page)
    page.get_by_role("link", name="Start the experiment").click()

    expect(page.get_by_text("50 % of the units at Home page in Shop enter")).to_be_visible()
    assert_well_made(page)
    page.get_by_role("button", name="Start the experiment").click()

    expect(page.get_by_text("Hybrid on the home page is running.")).to_be_visible()
    expect(page.get_by_text("Home page, Shop, day 1 of 14.")).to_be_visible()
    expect(page.get_by_text("50 % (buckets 2500–7500 of 10,000)")).to_be_visible()
    assert_well_made(page)
    experiment = Experiment.objects.get(key="hybrid-on-the-home-page")
    assert experiment.status == "running"
    assert Decimal(str(experiment.mde)) == Decimal("0.05")
    assert [variant.key for variant in experiment.variants.all()] == ["control", "treatment"]


def test_experiment__ended_in_the_admin__asks_for_a_reason_first(
    open_page: OpenPage, operator: User, view: View
) -> None:
    experiment = running_experiment(a_site())
    page = open_page(view, user=operator)
    page.goto(f"/admin/experiments/experiment/{experiment.pk}/change/")

    page.get_by_role("link", name="End for good").click()
    expect(page.get_by_role("heading", name="End “Home Test” for good?")).to_be_visible()
    assert_well_made(page)
    assert Experiment.objects.get().status == "running"
    page.get_by_label("Reason").fill("won, ships on Monday")
    page.get_by_role("button", name="End for good").click()

    expect(page.get_by_text("Home Test has ended; its buckets are free.")).to_be_visible()
    expect(page.get_by_text("won, ships on Monday").last).to_be_visible()
    assert_well_made(page)


def test_experiment__third_variant_added_in_the_browser__splits_in_three(
    open_page: OpenPage, operator: User
) -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity", "random")
    experiment = draft_experiment(site)
    page = open_page(user=operator)
    page.goto(f"/admin/experiments/experiment/{experiment.pk}/change/")

    page.get_by_role("link", name="Add another Variant").click()
    page.locator("#id_variants-2-name").fill("Diverse")
    page.locator("#id_variants-2-key").fill("diverse")
    page.locator("#id_variants-2-recommender").select_option("random")
    page.locator("#id_variants-2-weight").fill("2")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("Diverse: 50 %, from 50 to 100")).to_be_visible()
    assert_well_made(page)


@pytest.mark.parametrize(
    "address",
    [
        "experiments/experiment/",
        "experiments/site/add/",
        "experiments/apikey/add/",
        "experiments/placement/",
        "recommenders/item/",
        "recommenders/item/add/",
        "recommenders/recommender/",
        "recommenders/artifact/",
        "analytics/metric/",
        "analytics/metric/add/",
        "auth/user/",
    ],
)
def test_page__of_the_admin__is_well_made(
    open_page: OpenPage, operator: User, address: str
) -> None:
    running_experiment(a_site())

    for width in (1280, 400):
        page = open_page(View(width, "light"), user=operator)
        page.goto(f"/admin/{address}")
        assert_well_made(page)
