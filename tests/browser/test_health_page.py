"""The health page in a real browser, in every width and scheme."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from experiments.health.heartbeats import BEAT, COMPUTE, EVENTS, TRAINING, leave_heartbeat
from experiments.models import InboxBatch, Tally
from experiments.snapshot import load
from tests.browser.screens import assert_admin_well_made
from tests.factories import a_site

pytestmark = pytest.mark.browser
ADDRESS = "/admin/experiments/experiment/health/"


def test_health__where_everything_works__is_sound(signed_in_page: Page) -> None:
    site = a_site()
    Tally.objects.create(site=site, slot=1, accepted=1_234_567)
    Tally.objects.create(site=site, slot=0, applied=1_234_000, duplicates=567)
    load()
    for name in (BEAT, COMPUTE, EVENTS, TRAINING):
        leave_heartbeat(name)

    signed_in_page.goto(ADDRESS)

    expect(signed_in_page.get_by_text("Every check passes.")).to_be_visible()
    expect(signed_in_page.get_by_text("1,234,000 applied + 567 duplicate")).to_be_visible()
    assert_admin_well_made(signed_in_page, "health-fine")


def test_health__where_events_are_late_and_some_are_missing__is_sound(
    signed_in_page: Page,
) -> None:
    site = a_site(name="A site with a rather long name of its own")
    Tally.objects.create(site=site, slot=1, accepted=10)
    received_at = datetime.now(UTC) - timedelta(seconds=75)
    InboxBatch.objects.create(
        site=site, kind="events", received_at=received_at, doc="{}", n_events=4
    )

    signed_in_page.goto(ADDRESS)

    expect(signed_in_page.get_by_text("Something needs somebody")).to_be_visible()
    late = signed_in_page.get_by_role("listitem").filter(has_text="Events applied")
    expect(late).to_contain_text("Restart the worker for events")
    expect(signed_in_page.get_by_text("6 missing", exact=True)).to_be_visible()
    assert_admin_well_made(signed_in_page, "health-failed")
