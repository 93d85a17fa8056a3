"""Lists side by side in a real browser: whole, readable and reachable at every width."""

import os

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from experiments.models import Site
from recommenders import state
from recommenders.comparing.sample import Question, request_comparison
from recommenders.models import Comparison, Item
from recommenders.tasks import compare_lists
from tests.browser.conftest import OpenPage
from tests.browser.screens import SHOTS, assert_well_made
from tests.recommenders.shop import DAMAGES, a_shop

pytestmark = pytest.mark.browser

TOKENS = ("r:popularity", "r:random", "r:item_knn")
QUERY = "who=unit&value=v-3&k=10&" + "&".join(f"column={token}" for token in TOKENS)
PATH = f"/recommenders/compare/shop/?{QUERY}"
TITLES = ("Paper shade, 45 cm", "Fjord desk lamp", "Oak wall clock with a very long name " * 3)


def a_shop_to_see(*, is_broken: bool = False) -> Site:
    """Return a shop with titles of every length, two pieces left of one, and a sample compared."""
    site, artifacts = a_shop("popularity", "random", "item_knn")
    for n, item in enumerate(Item.objects.filter(site=site)):
        item.title, item.category = TITLES[n % 3], ("Lamps", "Clocks", "Rugs and throws")[n % 3]
        item.price, item.stock = 1_290 + 4_000 * n, 2 if n == 2 else None
        item.save()
    if is_broken:
        DAMAGES["array gone"][0](artifacts["random"])
    state.watched.reset()
    row = request_comparison(site=site, question=Question(TOKENS, 10))
    compare_lists(row.pk)
    return site


def keep(page: Page, name: str) -> None:
    """Keep a picture of the page where ARMATURE_SHOTS says."""
    if SHOTS and page.viewport_size:
        path = os.path.join(SHOTS, f"{name}-{page.viewport_size['width']}.png")
        page.screenshot(path=path, full_page=True)


def test_comparison__any_view__shows_lists_figures_and_is_sound(signed_in_page: Page) -> None:
    site = a_shop_to_see()
    page = signed_in_page

    page.goto(PATH)

    columns = page.locator(".colv")
    expect(columns).to_have_count(3)
    for mark, token in enumerate(TOKENS):
        expect(columns.nth(mark).locator("h2")).to_have_text(token.partition(":")[2])
        expect(columns.nth(mark).locator("li")).to_have_count(10)
    expect(columns.nth(0).locator(".chg")).to_have_count(0)
    expect(columns.nth(1).locator(".chg")).to_have_count(10)
    expect(page.locator(".measures tbody tr")).to_have_count(11)
    expect(page.locator(".chart[role=img]")).to_have_count(2)
    assert Comparison.objects.get(site=site).status == "ready"
    keep(page, "compare")
    assert_well_made(page)


def test_comparison__with_a_broken_column__says_so_and_is_sound(signed_in_page: Page) -> None:
    a_shop_to_see(is_broken=True)
    page = signed_in_page

    page.goto(PATH)

    expect(page.locator(".v1 .trouble")).to_contain_text("No list of its own")
    expect(page.locator(".v0 li")).to_have_count(10)
    expect(page.locator(".v2 .trouble .bad")).to_have_count(0)
    keep(page, "compare-broken")
    assert_well_made(page)


def test_comparison__asked_by_keyboard_without_scripts__is_answered(
    open_page: OpenPage, operator: User
) -> None:
    a_shop_to_see()
    page = open_page(user=operator, scripts=False)
    page.goto("/recommenders/compare/")
    page.get_by_role("link", name="Shop").click()

    page.locator("#c-who").select_option("history")
    page.get_by_role("textbox").fill("sku-1, sku-2")
    page.get_by_label("Items", exact=True).fill("4")
    page.get_by_label("Items", exact=True).press("Enter")

    expect(page.locator(".hypothesis")).to_contain_text("somebody who looked at 2 items")
    expect(page.locator(".colv").first.locator("li")).to_have_count(4)
    assert "who=history" in page.url


def test_comparison__of_a_sample_under_way__shows_the_figures_once_they_are_there(
    open_page: OpenPage, operator: User
) -> None:
    site, _artifacts = a_shop("popularity", "random")
    page = open_page(user=operator)
    page.goto("/recommenders/compare/shop/?who=unit&value=v-3&column=r:popularity&column=r:random")

    page.get_by_role("button", name="Compare over 1,000 shoppers").click()
    expect(page.get_by_label("Comparing")).to_be_visible()
    compare_lists(Comparison.objects.get(site=site).pk)

    expect(page.locator(".measures")).to_be_visible()
