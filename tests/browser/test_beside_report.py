"""What lies beside a report: A/A replay, explorations and the library, with hostile names."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from analytics.models import AaReplay, Exploration, Metric
from analytics.services import compute_exploration, compute_replay
from experiments.models import Experiment
from tests.analytics.replay.shop import a_past
from tests.browser.conftest import OpenPage
from tests.browser.report_states import HOSTILE, STATES
from tests.browser.screens import SHOTS, View, assert_well_made

pytestmark = pytest.mark.browser

AA, EXPLORATIONS = "/reports/home-test/aa/", "/reports/home-test/explorations/"
VIEWS = (View(1280, "light"), View(400, "dark"))
WORD = "unbroken" * 20


def look(page: Page, name: str, words: str) -> None:
    """Assert that the page says the words and is well made; keeps a picture where asked to."""
    if SHOTS and page.viewport_size:
        width = page.viewport_size["width"]
        page.screenshot(path=f"{SHOTS}/beside-{name}-{width}.png", full_page=True)
    expect(page.locator("main")).to_contain_text(words)
    assert page.title() != "taken"
    assert_well_made(page)


def replayed(page: Page) -> None:
    """Ask for a replay on the page, compute few splits, and open what came of it."""
    page.get_by_role("button", name="Run A/A replay").click()
    AaReplay.objects.filter(status="queued").update(splits=20)  # a thousand take longer
    look(page, "aa-waiting", "0")
    compute_replay(replay_id=AaReplay.objects.latest("pk").pk)
    page.goto(AA)


@pytest.mark.parametrize("view", VIEWS, indirect=True, ids=str)
def test_replay__in_each_state__is_well_made(signed_in_page: Page) -> None:
    page = signed_in_page
    experiment = a_past(200, monitoring="fixed")
    Experiment.objects.filter(pk=experiment.pk).update(name=f"{HOSTILE} {WORD}"[:200])

    page.goto(AA)
    look(page, "aa-none", "Nothing was replayed yet.")
    replayed(page)
    look(page, "aa-ready", "False claims of each metric")
    Experiment.objects.filter(pk=experiment.pk).update(window_days=7)
    page.goto(AA)
    look(page, "aa-stale", "This replay is stale.")
    page.get_by_role("button", name="Run A/A replay").click()
    AaReplay.objects.filter(status="queued").update(status="failed", error=f"{HOSTILE} {WORD}")
    page.goto(AA)
    look(page, "aa-failed", HOSTILE)


@pytest.mark.parametrize("view", VIEWS, indirect=True, ids=str)
def test_explorations__of_hostile_names__are_well_made(signed_in_page: Page) -> None:
    page = signed_in_page
    STATES["hostile"][0]()

    page.goto(EXPLORATIONS)
    page.locator("[name=name]").fill(f"{HOSTILE} {WORD}"[:120])
    page.locator("[name=attribute_1]").fill("device")
    page.locator("[name=value_1]").fill("mobile")
    page.get_by_role("button", name="Explore").click()
    asked = page.url
    compute_exploration(exploration_id=Exploration.objects.get().pk)
    page.goto(asked)
    look(page, "exploration", "units with device = mobile")
    page.goto(EXPLORATIONS)
    look(page, "explorations", HOSTILE)


def test_library_and_programme__of_hostile_names__are_well_made(
    open_page: OpenPage, operator: User
) -> None:
    STATES["hostile"][0]()
    Metric.objects.filter(key="ctr").update(name=f"{HOSTILE} {WORD}"[:120], description=WORD)
    for view in VIEWS:
        page = open_page(view, user=operator)
        page.goto("/reports/library/metrics/")
        look(page, "library", HOSTILE)
        page.goto("/reports/programme/")
        look(page, "programme", HOSTILE)
        page.goto("/reports/")
        look(page, "list", HOSTILE)
