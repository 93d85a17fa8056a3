"""Registry, comparison and evaluation with names that are long, hostile or of lost files."""

import pytest
from playwright.sync_api import Page, expect

from experiments.models import Experiment, Site
from recommenders import state
from recommenders.comparing.sample import Question, request_comparison
from recommenders.models import Artifact, Evaluation, Item, Recommender
from recommenders.services import request_evaluation, request_training
from recommenders.tasks import compare_lists
from tests.browser.screens import SHOTS, VIEWS, assert_well_made
from tests.factories import draft_experiment, trained
from tests.recommenders.shop import DAMAGES, a_shop

pytestmark = pytest.mark.browser
HOSTILE = '"><script>alert(1)</script>'
LONG = "an-unbroken-name-of-eighty-characters-as-long-as-keys-may-be-and-not-one-more-xx"
WORD = "unbroken" * 30
ARABIC = "\u0645\u0631\u062d\u0628\u0627 \u0639\u0627\u0644\u0645"  # read from the right
SCIENTIST = "\U0001f469\u200d\U0001f52c"  # one sign of three
PATHS = {
    "registry": "/recommenders/registry/",
    "recommender": f"/recommenders/registry/shop/{LONG}/",
    "compare": "/recommenders/compare/shop/?who=unit&value=v-3&k=10&column=r:popularity"
    f"&column=r:{LONG}&column=v:home-test:treatment",
    "evaluation": "/recommenders/evaluation/shop/",
}


def awkward_shop() -> Site:
    """Return a shop of hostile and endless names, one champion's files damaged, one failure."""
    site, _made = a_shop("popularity", "random")
    row = Recommender.objects.create(site=site, key=LONG, algorithm="item_knn")
    (artifact,) = trained(site, LONG)
    DAMAGES["array gone"][0](artifact)
    failed = request_training(site=site, key=LONG)
    Artifact.objects.filter(pk=failed.pk).update(status="failed", error=f"{HOSTILE} {WORD}")
    Item.objects.filter(site=site).update(title=f"{HOSTILE} {WORD}"[:500], category=WORD[:200])
    others = Item.objects.filter(site=site, item_id__endswith="1")
    assert others.update(title=f"{ARABIC} {SCIENTIST}", category=ARABIC)
    draft = draft_experiment(site)
    draft.variants.filter(key="treatment").update(name=HOSTILE, parameters={"recommender": row.key})
    Experiment.objects.filter(pk=draft.pk).update(name=f"{HOSTILE} {WORD}"[:200])
    Site.objects.filter(pk=site.pk).update(name=f"{HOSTILE} & Sons")
    state.watched.reset()
    tokens = ("r:popularity", f"r:{LONG}", "v:home-test:treatment")
    compare_lists(request_comparison(site=site, question=Question(tokens, 10)).pk)
    asked = request_evaluation(site=site, keys=["popularity"])
    Evaluation.objects.filter(pk=asked.pk).update(status="failed", error=f"{HOSTILE} {WORD}")
    return site


@pytest.mark.parametrize("view", [VIEWS[0], VIEWS[-1]], indirect=True, ids=str)
@pytest.mark.parametrize("name", PATHS)
def test_screen__of_awkward_names__is_whole_and_says_them(signed_in_page: Page, name: str) -> None:
    page = signed_in_page
    awkward_shop()

    page.goto(PATHS[name])

    if SHOTS and page.viewport_size:
        width = page.viewport_size["width"]
        page.screenshot(path=f"{SHOTS}/awkward-{name}-{width}.png", full_page=True)
    expect(page.get_by_text(HOSTILE).first).to_be_attached()
    assert_well_made(page)
