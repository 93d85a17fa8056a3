"""The page of evaluations in a real browser, in every width and scheme."""

import pytest
from playwright.sync_api import Page, expect

from recommenders.evaluation.design import Design
from recommenders.models import Evaluation
from recommenders.services import compute_evaluation, request_evaluation
from tests.browser.screens import SHOTS, assert_well_made
from tests.factories import a_site
from tests.recommenders.registry.tastes import shop_of_tastes

pytestmark = pytest.mark.browser
PAGE = "/recommenders/evaluation/shop/"


def look(page: Page, name: str) -> None:
    """Check the page, and keep a picture of it where pictures are wanted."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
    assert_well_made(page)


def test_evaluation__asked_for_and_computed__is_sound_at_each_step(signed_in_page: Page) -> None:
    page = signed_in_page
    shop_of_tastes()

    page.goto(PAGE)
    expect(page.get_by_text("Nothing has been evaluated yet")).to_be_visible()
    look(page, "evaluation-empty")
    page.get_by_label("Split").select_option("random")
    page.get_by_label("item_knn", exact=True).check()
    page.get_by_role("button", name="Evaluate").click()
    expect(page.get_by_text("Waiting for the worker: 0 %")).to_be_visible()
    compute_evaluation(evaluation_id=Evaluation.objects.latest("pk").pk)

    # The page looks again by itself.
    expect(page.get_by_role("heading", name="Everybody: hot, warm and cold")).to_be_visible()
    page.locator("summary", has_text="More figures").first.click()

    expect(page.get_by_text("item_knn leads with NDCG").first).to_be_visible()
    look(page, "evaluation-ready")


@pytest.mark.parametrize(
    ("status", "shown"),
    [("queued", "of the lists are judged"), ("failed", "The evaluation failed.")],
)
def test_evaluation__not_ready__is_sound(signed_in_page: Page, status: str, shown: str) -> None:
    site = a_site()
    evaluation = request_evaluation(site=site, design=Design(n_folds=3, window_days=14))
    Evaluation.objects.filter(pk=evaluation.pk).update(
        status=status,
        stage="Fitting item_knn",
        share=0.4,
        error="EvaluationError: there are no interactions to judge by",
    )

    signed_in_page.goto(PAGE)

    expect(signed_in_page.get_by_text(shown)).to_be_visible()
    look(signed_in_page, f"evaluation-{status}")


def test_evaluation__stale__is_sound(signed_in_page: Page) -> None:
    site = shop_of_tastes()
    evaluation = request_evaluation(
        site=site, keys=["item_knn", "user_knn"], design=Design(split="random")
    )
    compute_evaluation(evaluation_id=evaluation.pk)
    Evaluation.objects.filter(pk=evaluation.pk).update(code_version="0.0.1")

    signed_in_page.goto(PAGE)

    expect(signed_in_page.get_by_text("These figures are stale")).to_be_visible()
    look(signed_in_page, "evaluation-stale")
