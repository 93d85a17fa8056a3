"""A walk looks at a bounded number of rows, says where it stopped, and goes on there."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from experiments.models import Duplicate, Site
from experiments.received import Kind, filters_of, page_of, walking
from experiments.received.walking import take, walk
from tests.factories import a_site

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "STRETCH", 5)
    monkeypatch.setattr(walking, "STRETCHES", 2)


@pytest.fixture
def site() -> Site:
    """Return a site with a rare repeat before thirty common ones."""
    site = a_site()
    Duplicate.objects.bulk_create(
        Duplicate(site=site, event_id=uuid.uuid4(), type=kind, received_at=NOW)
        for kind in ("rare", *["common"] * 30)
    )
    return site


def test_walk__through_what_does_not_match__stops_and_goes_on(site: Site) -> None:
    rows = Duplicate.objects.filter(site=site)
    rare = rows.filter(type="rare")
    before, walks = None, 0

    while not (walked := walk(rare, rows, before=before, limit=10)).rows:
        assert walked.before is not None
        before, walks = walked.before, walks + 1

    assert [row.type for row in walked.rows] == ["rare"]
    assert walks >= 2


@pytest.mark.parametrize("is_indexed", [True, False])
def test_rows__in_pages__are_found_once_each(site: Site, is_indexed: bool) -> None:
    rows, found, before = Duplicate.objects.filter(site=site), [], None

    while True:
        place: Any = {"before": before, "limit": 4}
        walked = take(rows, **place) if is_indexed else walk(rows, rows, **place)
        found += [row.pk for row in walked.rows]
        before = walked.before
        if before is None:
            break

    assert found == sorted(rows.values_list("pk", flat=True), reverse=True)


def test_pages__that_are_short__still_lead_on(site: Site) -> None:
    filters, cursor, found = filters_of({"type": "rare"}, site), "", []

    for _page in range(10):
        page = page_of(site, filters, cursor=cursor)
        found += page.rows
        cursor = page.cursor
        if not cursor:
            break

    assert [row.kind for row in found] == [Kind.DUPLICATE]
    assert cursor == ""
