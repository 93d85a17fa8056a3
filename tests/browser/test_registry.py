"""The registry in a real browser, in every width and scheme."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from experiments.models import Site
from experiments.services import start_experiment
from recommenders.models import Alias, Artifact, Recommender
from recommenders.services import promote, request_training
from recommenders.services.progress import enter_stage
from tests.browser.screens import SHOTS, assert_well_made
from tests.factories import a_site, draft_experiment, stocked, trained
from tests.recommenders.registry.tastes import shop_of_tastes
from tests.recommenders.shop import folder_of

pytestmark = pytest.mark.browser
LIST = "/recommenders/registry/"
PAGE = "/recommenders/registry/shop/item_knn/"


def full_shop() -> Site:
    """Return a shop with a recommender in every state, one of them with a history."""
    site = shop_of_tastes()
    trained(site, "popularity")
    first, second = trained(site, "item_knn", "item_knn")
    promote(artifact=first, reason="better on rugs, says the merchant", by="ada", override=True)
    promote(artifact=second, alias=Alias.CHALLENGER, reason="to be compared again", by="eve")
    experiment = draft_experiment(site, variants=None)
    experiment.variants.filter(key="treatment").update(parameters={"recommender": "item_knn"})
    start_experiment(experiment_id=experiment.pk, waiver="a test")
    Recommender.objects.filter(key="item_knn").update(
        retrain_every_hours=24,
        drift_limit=0.25,
        drift={
            "at": timezone.now().isoformat(),
            "features": {"price": 0.31, "category": 0.12, "kind": 0.02, "popularity": 0.2},
        },
        decay={
            "at": timezone.now().isoformat(),
            "experiments": [
                {"key": "home-test", "variant": "Treatment", "has_decayed": True, "change": -0.2,
                 "low": -0.3, "high": -0.1}
            ],
        },
    )  # fmt: skip
    return site


def look(page: Page, name: str) -> None:
    """Check the page, and keep a picture of it where pictures are wanted."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
    assert_well_made(page)


def test_list__of_every_state__is_sound(signed_in_page: Page) -> None:
    site = full_shop()
    (lost,) = trained(site, "random")
    broken = request_training(site=site, key="random")
    Artifact.objects.filter(pk=broken.pk).update(
        status="failed", error="it needed more memory than the 4096 MiB it may have"
    )
    request_training(site=site, key=site.recommenders.exclude(champion__isnull=False)[0].key)
    Recommender.objects.filter(key="popularity").update(retrain_every_hours=1)
    Artifact.objects.filter(recommender__key="popularity").update(
        ready_at=timezone.now() - timedelta(days=3)
    )

    signed_in_page.goto(LIST)

    for word in ("Answers", "Stale", "Last training failed", "First training", "Never trained"):
        expect(signed_in_page.get_by_text(word, exact=True).first).to_be_visible()
    assert lost.version
    look(signed_in_page, "registry-list")


def test_page__of_a_recommender_with_a_past__is_sound(signed_in_page: Page) -> None:
    site = full_shop()
    running = request_training(site=site, key="item_knn")
    Artifact.objects.filter(pk=running.pk).update(status="training")
    enter_stage(running, Artifact.Stage.JUDGING)

    signed_in_page.goto(PAGE)
    for summary in signed_in_page.locator("details.gate > summary").all():
        summary.click()

    expect(signed_in_page.get_by_text("large shift")).to_be_visible()
    expect(signed_in_page.get_by_text("Better than popularity").first).to_be_visible()
    expect(signed_in_page.get_by_text("Judging since")).to_be_visible()
    look(signed_in_page, "registry-page")


def test_page__never_trained_or_of_lost_files__is_sound(signed_in_page: Page) -> None:
    site = shop_of_tastes()
    signed_in_page.goto("/recommenders/registry/shop/random/")
    expect(signed_in_page.get_by_text("It has never been trained")).to_be_visible()
    look(signed_in_page, "registry-never")
    (artifact,) = trained(site, "random")
    (folder_of(artifact) / "manifest.json").unlink()

    signed_in_page.goto("/recommenders/registry/shop/random/")

    expect(signed_in_page.get_by_text("Files missing")).to_be_visible()
    look(signed_in_page, "registry-lost")


def test_promotion__against_the_gate__is_asked_given_and_taken_back(signed_in_page: Page) -> None:
    site = a_site()
    stocked(site, 12)
    trained(site, "popularity")
    first, second = trained(site, "random", "random")
    page = signed_in_page
    page.goto("/recommenders/registry/shop/random/")

    page.locator(f"#artifact-{second.pk}").get_by_role("link", name="Make champion").click()
    expect(page.get_by_text("It does not pass the promotion gate")).to_be_visible()
    look(page, "registry-ask")
    page.get_by_label("Reason").fill("It is what we compare others with.")
    page.get_by_label("Promote it although").check()
    page.get_by_role("button", name="Make it the champion").click()
    expect(page.get_by_text(f"{second.full_name} is champion.")).to_be_visible()
    page.get_by_role("link", name=f"Go back to {first.version}").click()
    look(page, "registry-back")
    page.get_by_label("Reason").fill("It was worse.")
    page.get_by_role("button", name="Go back").click()

    expect(page.get_by_text("Champion went back")).to_be_visible()
    assert Recommender.objects.get(key="random").champion == first
