"""The admin's own pages in a real browser, on a wide and a narrow screen."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from experiments.models import Experiment
from tests.browser.conftest import OpenPage
from tests.browser.screens import View
from tests.browser.screens import assert_admin_well_made as assert_well_made
from tests.factories import a_site, running_experiment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
