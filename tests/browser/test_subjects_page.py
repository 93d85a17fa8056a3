"""The page of subjects in a real browser, in every width and scheme."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from experiments.models import Erasure
from tests.browser.screens import assert_admin_well_made
from tests.factories import a_site
from tests.rows import an_event

pytestmark = pytest.mark.browser
ADDRESS = "/admin/experiments/experiment/subjects/"
VISITOR = "a-visitor-with-a-rather-long-id-0123456789-0123456789"


def test_subjects__looked_up_and_erased__is_sound_at_each_step(signed_in_page: Page) -> None:
    site, page = a_site(), signed_in_page
    an_event(site, "view_item", timezone.now() - timedelta(hours=1), visitor_id=VISITOR).save()

    page.goto(ADDRESS)
    expect(page.get_by_text("Nobody has been erased.")).to_be_visible()
    page.get_by_label("Id", exact=True).fill(VISITOR)
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_role("heading", name="Held on this visitor")).to_be_visible()
    page.get_by_text("Erase this visitor").click()
    assert_admin_well_made(page, "subject-held")

    page.get_by_label("Write the id once more").fill(VISITOR)
    page.get_by_role("button", name="Erase for ever").click()

    expect(page.get_by_text("is left out from now on")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Under way")).to_be_visible()
    assert VISITOR not in page.url


def test_subjects__erased__shows_what_went_and_how_to_lift_it(signed_in_page: Page) -> None:
    asked_at = timezone.now() - timedelta(minutes=5)
    erasure = Erasure.objects.create(
        site=a_site(), unit_type="account", digest="0" * 64, actor="ada", asked_at=asked_at
    )
    Erasure.objects.filter(pk=erasure.pk).update(
        finished_at=asked_at, removed={"events": 1_234, "exposures": 1}
    )

    signed_in_page.goto(ADDRESS)
    signed_in_page.locator("summary", has_text="Lift").click()

    expect(signed_in_page.get_by_text("Removed: events 1,234, exposures 1.")).to_be_visible()
    expect(signed_in_page.get_by_label("Who is back, and agreed to what")).to_be_visible()
    assert_admin_well_made(signed_in_page, "subjects-erased")
