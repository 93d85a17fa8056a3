"""The report and the programme, looked at.

With ARMATURE_SHOTS=docs/screens this writes the pictures of docs/report.md.
"""

import os
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from experiments.models import Experiment
from experiments.services import record_decision
from tests.analytics.rows import Shares
from tests.analytics.web.reports import BETTER, EVEN, analyse, reported
from tests.analytics.web.rich import a_rich_run, choose
from tests.browser.conftest import OpenPage
from tests.browser.screens import View, assert_well_made
from tests.factories import a_site

pytestmark = pytest.mark.browser

PATH = "/reports/home-test/"
LENGTH = 1500  # pixels of a page that are kept
SHOTS = os.environ.get("ARMATURE_SHOTS", "")
WIDE, NARROW = View(1280, "light"), View(400, "light")
SECTIONS = ("primary", "time", "segments", "serving", "artifacts")
WORSE = {"control": BETTER["treatment"], "treatment": BETTER["control"]}


def test_report__of_a_whole_run__is_well_made_in_every_view(
    open_page: OpenPage, operator: User
) -> None:
    analyse(a_rich_run(2000))
    for view in (WIDE, NARROW):
        page = open_page(view, user=operator)
        for query in ("", "?effect=absolute&level=99", "?effect=scaled&level=80"):
            page.goto(PATH + query)
            expect(page.locator("#verdict")).to_contain_text("with Hybrid")
            assert_well_made(page)
        page.goto(PATH)
        keep(page, f"report-{view.width}")
        for name in SECTIONS if view is WIDE else ():
            keep(page, f"report-{name}", f"#{name}")
    page = open_page(WIDE, user=operator)
    page.goto(PATH)
    page.emulate_media(media="print")
    expect(page.locator(".side")).to_be_hidden()
    expect(page.locator("#show")).to_be_hidden()
    expect(page.locator("#time svg").first).to_be_visible()


def test_report__views__work_without_scripts(open_page: OpenPage, operator: User) -> None:
    reported(BETTER)
    page = open_page(WIDE, user=operator, scripts=False)
    page.goto(PATH)

    page.get_by_role("link", name="Absolute").click()
    page.get_by_role("link", name="99 %").click()

    expect(page.locator("#show [aria-current]")).to_have_text(["Absolute", "99\u202f%"])
    expect(page.locator("#primary")).to_contain_text("in the metric’s own unit")


@pytest.mark.parametrize("view", [WIDE, NARROW], ids=str)
def test_programme__of_several__is_well_made(
    open_page: OpenPage, operator: User, view: View
) -> None:
    for key, behaviour, outcome in (
        ("hybrid", BETTER, "won"),
        ("cheaper", WORSE, "lost"),
        ("order-of-home", EVEN, "inconclusive"),
        ("diverse", BETTER | {"treatment": Shares(600, 0.3)}, "won"),
    ):
        decided(key, behaviour, outcome)
    page = open_page(view, user=operator)

    page.goto("/reports/programme/")

    expect(page.locator("main")).to_contain_text("2 won of 4 decided")
    page.evaluate("() => document.querySelectorAll('main details').forEach(e => { e.open = true })")
    assert_well_made(page)
    page.goto("/reports/programme/")
    if view is WIDE:
        keep(page, "programme-1280", "main")


def decided(key: str, behaviour: dict[str, Shares], outcome: str) -> None:
    """Report and decide an experiment, in a site of its own."""
    experiment = reported(behaviour, site=a_site(f"{key}-shop", is_simulated=True))
    name = key.replace("-", " ").capitalize()
    Experiment.objects.filter(pk=experiment.pk).update(key=key, name=name)
    choose(experiment, [("revenue_per_unit", "primary", None)])
    record_decision(
        experiment_id=experiment.pk,
        outcome=outcome,
        reason="as the report says",
        user=None,
        shipped_variant="treatment" if outcome == "won" else None,
        actor="ada",
    )


def keep(page: Page, name: str, part: str = "") -> None:
    """Keep a picture of the page's beginning, or of a part of it, where ARMATURE_SHOTS says."""
    if not SHOTS:
        return
    path = f"{SHOTS}/{name}.png"
    if part:
        page.locator(part).first.screenshot(path=path)
        return
    size = page.viewport_size
    assert size is not None
    clip: Any = {"x": 0, "y": 0, "width": size["width"], "height": LENGTH}
    page.screenshot(path=path, clip=clip, full_page=True)
