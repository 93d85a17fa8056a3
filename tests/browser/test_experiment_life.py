"""The life of an experiment in the admin: a product manager runs it, a viewer only looks."""

import os
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from experiments import services
from experiments.models import Allocation, DecisionRecord, Experiment, Holdout, Membership, Site
from tests.browser.conftest import OpenPage
from tests.browser.screens import (
    View,
    assert_no_clipped_text,
    assert_no_overflow,
    serious_violations,
)
from tests.experiments.web.lives import (
    BASE,
    act_url,
    exposed,
    many_variants,
    page_url,
    ramped,
    step_url,
)
from tests.factories import a_site, draft_experiment, stocked, trained

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The theme cuts what is longer than its line in the account's name and the menu's search box.
MAY_CLIP = "pre, #nav-sidebar-inner, #header-inner"
MAY_SCROLL = "pre, textarea, #nav-sidebar, [data-simplebar]"
WIDTHS = [View(1280, "light"), View(400, "light")]
SHOTS = os.environ.get("ARMATURE_SHOTS", "")


def assert_well_made(page: Page, name: str) -> None:
    """Assert that nothing overflows, nothing is clipped and axe finds nothing grave."""
    page.wait_for_timeout(300)
    if SHOTS:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
    assert_no_overflow(page, may_scroll=MAY_SCROLL)
    assert_no_clipped_text(page, may_clip=MAY_CLIP)
    assert serious_violations(page) == []


def somebody(site: Site, role: str, name: str) -> User:
    """Return somebody with a role in the site, who may enter the admin."""
    user = User.objects.create_user(name, is_staff=True)
    Membership.objects.create(user=user, site=site, role=role)
    return User.objects.get(pk=user.pk)


def press(page: Page, link: str, button: str, reason: str = "") -> None:
    """Follow a button to the page that asks, give the reason, and do it."""
    page.get_by_role("link", name=link, exact=True).first.click()
    if reason:
        page.get_by_label("Reason", exact=True).fill(reason)
    page.get_by_role("button", name=button, exact=True).click()


@pytest.mark.parametrize("view", WIDTHS, ids=str)
def test_life__of_an_experiment__is_run_by_a_product_manager(
    open_page: OpenPage, view: View
) -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity", "random")
    page = open_page(view, user=somebody(site, "editor", "ines"))

    create_and_launch(page)
    expect(page.get_by_text("Fitting lists is running.")).to_be_visible()
    experiment = Experiment.objects.get(key="fitting-lists")
    assert_well_made(page, "1-launched")
    exposed(experiment, 260)

    page.goto(page_url(experiment))
    expect(page.get_by_role("img", name=re.compile("New units per hour"))).to_be_visible()
    page.get_by_text("Table", exact=True).click()
    assert_well_made(page, "2-running")

    page.get_by_role("link", name="Raise or lower").click()
    assert_well_made(page, "3-ramp")
    page.get_by_label("Open from now on, % of its own buckets").fill("25")
    page.get_by_role("button", name="Open this share").click()
    expect(page.get_by_text("25 % of the experiment’s buckets are open.")).to_be_visible()
    row = Allocation.objects.get(experiment=experiment)
    assert (row.admitted_stop - row.start) * 4 == row.stop - row.start

    press(page, "Pause", "Pause", "the stock is wrong")
    expect(page.get_by_text(re.compile("is paused; everybody sees"))).to_be_visible()
    assert_well_made(page, "4-paused")
    press(page, "Resume", "Resume")
    expect(page.get_by_text("Fitting lists runs again.")).to_be_visible()

    page.get_by_role("link", name="Send everybody to the default").click()
    assert_well_made(page, "5-kill")
    page.get_by_label("Reason").fill("it shows sold-out items")
    page.get_by_role("button", name="Send everybody to the default").click()
    expect(page.get_by_text("Fitting lists was killed")).to_be_visible()
    assert_well_made(page, "6-killed")

    page.get_by_role("link", name="Decide", exact=True).click()
    page.get_by_label(re.compile("^Broken")).check()
    page.get_by_label("Reason", exact=True).fill("Sold-out items were shown to half of the units.")
    page.get_by_label("What follows").fill("Filter by stock, then ask again.")
    assert_well_made(page, "7-decide")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("Filter by stock, then ask again.")).to_be_visible()
    assert_well_made(page, "8-decided")
    experiment.refresh_from_db()
    assert (experiment.status, experiment.is_killed) == ("ended", True)
    assert DecisionRecord.objects.get().outcome == "broken"


def create_and_launch(page: Page) -> None:
    """Set an experiment up in the flow, look at its checks, waive the warnings, and start it."""
    page.goto("/admin/")
    page.get_by_role("link", name="New experiment").click()
    page.get_by_label("Name", exact=True).fill("Fitting lists")
    page.get_by_label("If", exact=True).fill("the home page lists what fits the shopper")
    page.get_by_label("then (the metric that decides)").select_option("revenue_per_unit")
    page.get_by_label("because", exact=True).fill("most visitors never scroll")
    page.get_by_label("Where", exact=True).select_option(label="Home page")
    page.get_by_role("button", name="Save the draft, on to Variants").click()
    page.locator("#id_variants-0-recommender").select_option("popularity")
    page.locator("#id_variants-1-recommender").select_option("random")
    page.get_by_role("button", name="Continue to Traffic").click()
    page.get_by_label("Share of units, %").fill("50")
    page.get_by_label("Let them in").select_option("1, 5, 25, 100")
    page.get_by_role("button", name="Continue to Audience").click()
    page.get_by_role("button", name="Continue to Metrics").click()
    page.get_by_role("button", name="Continue to Duration").click()
    page.get_by_role("button", name="Continue to Checks").click()
    expect(page.get_by_role("heading", name="Must pass")).to_be_visible()
    page.get_by_role("button", name="Continue to Review").click()
    page.get_by_label("Reason", exact=True).fill("a trial of the whole life")
    page.get_by_role("button", name="Start now").click()


def test_viewer__of_a_running_experiment__can_do_none_of_it(open_page: OpenPage) -> None:
    site = a_site()
    experiment = ramped(site)
    draft = draft_experiment(site, "a-draft", allocation=2_000)
    page = open_page(user=somebody(site, "viewer", "vera"), expected="403")

    page.goto("/admin/")
    expect(page.get_by_role("link", name="New experiment")).to_have_count(0)
    page.goto(page_url(experiment))
    expect(page.get_by_role("heading", name="Home Test").last).to_be_visible()
    for word in ("Pause", "Raise or lower", "Send everybody to the default", "Edit", "New phase"):
        expect(page.get_by_role("link", name=word, exact=True)).to_have_count(0)
    assert_well_made(page, "viewer")
    page.goto(page_url(draft))
    expect(page.get_by_role("button", name="Start now")).to_have_count(0)

    steps = ("start", "pause", "end", "kill", "close-enrolment", "archive")
    for address in (
        f"{BASE}/add/",
        *(step_url(experiment, step) for step in steps),
        *(
            act_url(experiment, act)
            for act in ("ramp", "phase", "decide", "edit", "links", "clone")
        ),
    ):
        assert _posted(page, address) == 403, address
    assert _posted(page, f"{BASE}/{draft.pk}/setup/review/", way="start") == 403
    experiment.refresh_from_db()
    draft.refresh_from_db()
    assert (experiment.status, draft.status) == ("running", "draft")
    assert not DecisionRecord.objects.exists()


def _posted(page: Page, address: str, **fields: Any) -> int:
    """Return the status of a form posted with this browser's own session and token."""
    token = next(c["value"] for c in page.context.cookies() if c["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Referer": page.url}
    form = {"reason": "x", "percent": "50", "outcome": "won", **fields}
    return page.request.post(address, form=form, headers=headers, max_redirects=0).status


@pytest.mark.parametrize("view", [*WIDTHS, View(1280, "dark"), View(400, "dark")], ids=str)
def test_pages__of_a_busy_site__are_well_made(open_page: OpenPage, view: View) -> None:
    site = a_site()
    experiment = busy(site)
    page = open_page(view, user=somebody(site, "admin", "ada"))
    shade = f"-{view.scheme}"

    pages = {
        "home": "/admin/",
        "list": f"{BASE}/?q=lists",
        "life": page_url(experiment),
        "phase": act_url(experiment, "phase"),
        "edit": act_url(experiment, "edit"),
        "links": act_url(experiment, "links"),
        "clone": act_url(experiment, "clone"),
        "layers": f"{BASE}/layers/",
        "unit": f"{BASE}/unit/?site={site.pk}&visitor_id=v-81&attributes=",
        "library": f"{BASE}/library/",
        "views": f"{BASE}/views/",
    }
    for name, address in pages.items():
        page.goto(address)
        assert_well_made(page, f"{name}{shade}")


def busy(site: Site) -> Experiment:
    """Return a running experiment beside drafts, a decided one, a holdout and notices."""
    experiment = ramped(site, "lists-of-ten")
    wishes: dict[str, Any] = {"variants": many_variants(10), "allocation": 1_000}
    many = draft_experiment(site, "ten-variants-that-wait", **wishes)
    Experiment.objects.filter(pk=many.pk).update(name="A very long name " * 9)
    over = _in_own_layer(site)
    services.end_experiment(experiment_id=over.pk, actor="ines", reason="planned end")
    services.record_decision(
        experiment_id=over.pk,
        outcome="lost",
        reason="Fewer bought, and nobody complained.",
        user=None,
        actor="ines",
        follow_up="Ask again with fresher data.",
    )
    Holdout.objects.create(site=site, key="all", name="Everything", seed="h", buckets=500)
    exposed(experiment, 250, newest=timezone.now())
    services.raise_notice(
        site=site,
        kind="ramp_held",
        title="Lists Of Ten: the ramp waits before 25 %",
        onset_key="held",
        severity="warning",
        detail="No analysis has seen the last step. Refresh the report.",
        experiment=experiment,
    )
    return experiment


def _in_own_layer(site: Site) -> Experiment:
    placement = site.placements.get(key="cart")
    over = draft_experiment(site, "cart-lists", allocation=1_000)
    Experiment.objects.filter(pk=over.pk).update(placement=placement)
    over.allocation.layer = placement.layer
    over.allocation.save()
    return services.start_experiment(experiment_id=over.pk, actor="ines", waiver="a trial")


def test_page__with_ten_variants_and_one_unit__is_well_made(open_page: OpenPage) -> None:
    site = a_site()
    stocked(site)
    trained(site, "popularity", "random")
    draft = draft_experiment(site, "ten", variants=many_variants(10), allocation=5_000)
    experiment = services.start_experiment(experiment_id=draft.pk, actor="ines", waiver="a trial")
    for view in WIDTHS:
        page = open_page(view, user=somebody(site, "editor", f"ines{view.width}"))
        page.goto(page_url(experiment))
        assert_well_made(page, "ten-empty")
    exposed(experiment, 1)
    for view in WIDTHS:
        page = open_page(view, user=somebody(site, "editor", f"ada{view.width}"))
        page.goto(page_url(experiment))
        assert_well_made(page, "ten-one")


def test_pause__by_the_keyboard_alone__is_taken(open_page: OpenPage) -> None:
    site = a_site()
    experiment = ramped(site)
    page = open_page(user=somebody(site, "editor", "ines"))
    page.goto(page_url(experiment))

    page.get_by_role("link", name="Pause", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("Reason").focus()
    page.keyboard.type("too many sold-out items")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text(re.compile("is paused; everybody sees"))).to_be_visible()
    experiment.refresh_from_db()
    assert experiment.status == "paused"
