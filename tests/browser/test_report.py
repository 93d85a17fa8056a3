"""The report in a real browser: its numbers are there, whole, readable and reachable."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from analytics.models import ExperimentMetric, Metric
from analytics.services import compute_analysis, request_analysis
from analytics.stats.formats import number
from analytics.web.texts import lift_range, lift_text
from experiments.models import Experiment
from experiments.services import VariantDraft
from tests.analytics.rows import Shares, a_run
from tests.analytics.web.reports import BETTER, analyse, results_of
from tests.browser.conftest import OpenPage
from tests.browser.screens import View, assert_well_made

pytestmark = pytest.mark.browser

PATH = "/reports/home-test/"
ROLES = (
    ("revenue_per_unit", "primary", None),
    ("conversion", "secondary", None),
    ("aov", "secondary", None),
    ("ctr", "guardrail", 0.05),
)


def three_variants() -> Experiment:
    """Return a reported run with two treatments, long names and a guardrail."""
    drafts = [
        VariantDraft(key="control", name="Control", is_control=True),
        VariantDraft(key="hybrid", name="Hybrid of bought-together and taste"),
        VariantDraft(key="diverse", name="Hybrid, diverse"),
    ]
    behaviour = {
        "control": Shares(600, 0.2, 0.1, 123_456),
        "hybrid": Shares(600, 0.4, 0.2, 123_456),
        "diverse": Shares(600, 0.22, 0.08, 123_456),
    }
    experiment = a_run(
        behaviour,
        variants=drafts,
        hypothesis="If product pages show a hybrid, then revenue per unit rises. " * 4,
        planned_units=1800,
        mde=0.07,
    )
    for key, role, margin in ROLES:
        metric = Metric.objects.get(site=experiment.site, key=key)
        ExperimentMetric.objects.create(
            experiment=experiment, metric=metric, role=role, margin=margin
        )
    analyse(experiment)
    return experiment


def test_report__any_view__shows_its_numbers_and_is_sound(signed_in_page: Page) -> None:
    results = results_of(three_variants())
    names = {variant["key"]: variant["name"] for variant in results["variants"]}
    page = signed_in_page

    page.goto(PATH)

    expect(page.locator("#verdict")).to_have_text(results["verdict"]["sentences"][0])
    for variant in results["variants"]:
        expect(page.locator(".split")).to_contain_text(number(variant["units"]))
    for metric in results["metrics"]:
        for key, compared in metric["comparisons"].items():
            assert_row(page, metric["name"], names[key], compared)
    assert page.locator("[data-metric]").count() == 8
    assert_well_made(page)


def assert_row(page: Page, metric: str, treatment: str, compared: dict[str, Any]) -> None:
    row = page.locator(f'[data-metric="{metric}"][data-variant="{treatment}"]')
    span = compared["lift_interval"]
    expect(row).to_contain_text(lift_text(compared["lift"], span))
    expect(row.locator(".range")).to_have_text(lift_range(span))
    expect(row.locator(".range")).to_be_visible()
    chart = row.locator(".chart[role=img]")
    expect(chart).to_have_attribute("aria-label", drawn(metric, treatment, compared))


def drawn(metric: str, treatment: str, compared: dict[str, Any]) -> str:
    span = compared["lift_interval"]
    found = f"{metric}, {treatment}: {lift_text(compared['lift'], span)}"
    limit = ", limit −5\u202f%" if metric == "Slate click-through" else ""
    return f"{found}, 95 % interval {lift_range(span)}{limit}"


def test_report__interval__is_drawn_where_its_numbers_are(
    open_page: OpenPage, operator: User
) -> None:
    results = results_of(three_variants())
    page = open_page(user=operator)

    page.goto(PATH)

    for metric in results["metrics"]:
        for row in page.locator(f'[data-metric="{metric["name"]}"]').all():
            scale = axis_of(page, metric["role"])
            key = next(
                variant["key"]
                for variant in results["variants"]
                if variant["name"] == row.get_attribute("data-variant")
            )
            span = metric["comparisons"][key]["lift_interval"]
            box = row.locator(".ci-bar").bounding_box()
            assert box is not None
            low, high = scale(box["x"]), scale(box["x"] + box["width"])
            assert low == pytest.approx(span["low"], abs=0.02)
            assert high == pytest.approx(span["high"], abs=0.02)


def axis_of(page: Page, role: str) -> Any:
    """Return the function from pixels to a lift that a table's tick labels describe."""
    ticks = page.locator(f"#{role} svg[aria-hidden] text, #{role} [aria-hidden] svg text")
    first, last = (middle_of(ticks.nth(place)) for place in (0, ticks.count() - 1))
    low, high = first[1], last[1]

    def to_lift(x: float) -> float:
        return low + (x - first[0]) / (last[0] - first[0]) * (high - low)

    return to_lift


def middle_of(tick: Any) -> tuple[float, float]:
    box = tick.bounding_box()
    text = tick.text_content().replace("−", "-").replace("+", "").removesuffix("\u202f%")
    return box["x"] + box["width"] / 2, float(text) / 100


def test_report__once_computed__shows_itself(open_page: OpenPage, operator: User) -> None:
    waiting = request_analysis(experiment=a_run(BETTER))
    page = open_page(user=operator)
    page.goto(PATH)
    expect(page.locator("#verdict")).to_have_text("The report is being computed.")

    compute_analysis(analysis_id=waiting.pk)

    expect(page.locator(".stamp")).to_have_text("Ship Treatment")


def test_report__query__is_one_click_away(open_page: OpenPage, operator: User) -> None:
    analyse(a_run(BETTER))
    page = open_page(View(400, "light"), user=operator)
    page.goto(PATH)
    query = page.get_by_role("region", name="Query")
    expect(query).to_be_hidden()

    page.get_by_text("Show the query").click()

    expect(query).to_contain_text("WITH f AS")
    assert_well_made(page)


def test_report__chart_over_time__is_read_by_keys_and_pointer(
    open_page: OpenPage, operator: User
) -> None:
    analyse(a_run(BETTER))
    page = open_page(user=operator)
    page.goto(PATH)
    told = page.locator("#time .readout")
    rows = page.locator("#time tbody tr")
    days = [rows.nth(place).locator("th").text_content() or "" for place in range(rows.count())]
    expect(told).to_contain_text("Point at a day")

    page.get_by_role("group", name="Arrow keys").focus()
    page.keyboard.press("End")
    expect(told).to_have_text(
        re.compile(rf"^{days[-1]}: New units \d+; Treatment \+.+ \(.+ to .+\)$")
    )
    page.keyboard.press("ArrowLeft")
    expect(told).to_contain_text(f"{days[-2]}: ")
    page.keyboard.press("Home")
    expect(told).to_contain_text(f"{days[0]}: ")

    page.locator("#time .plot svg").first.hover()
    expect(told).to_contain_text(f"{days[len(days) // 2]}: ")
    assert_well_made(page)


def test_report__with_the_keyboard__is_reached_past_the_menu(
    open_page: OpenPage, operator: User
) -> None:
    analyse(a_run(BETTER))
    page = open_page(user=operator)
    page.goto(PATH)

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.locator("main a").first).to_be_focused()


def test_report__every_control__shows_that_it_has_the_focus(
    open_page: OpenPage, operator: User
) -> None:
    analyse(a_run(BETTER))
    page = open_page(user=operator)
    page.goto(PATH)
    seen = []

    for _ in range(60):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.tagName, e.textContent.trim().slice(0, 20), s.outlineStyle,"
            " parseFloat(s.outlineWidth)]; }"
        )
        if style[0] == "BODY":
            break
        seen.append(style)

    assert len(seen) > 12
    assert [each for each in seen if each[2] == "none" or each[3] < 2] == []
