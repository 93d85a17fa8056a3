"""Refused events are kept with their reason; the same again within a day fills nothing."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from experiments.intake.quarantining import KEPT_BODY, keep_refused, refused_row
from experiments.models import Quarantine, Site
from tests.callers import an_event, caller_for
from tests.factories import a_site

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def site() -> Site:
    return a_site()


def refused(site: Site, body: bytes, at: datetime = NOW, code: str = "invalid_field") -> Quarantine:
    return refused_row(body, site_id=site.pk, received_at=at, code=code)


def test_body__sent_again_within_a_day__is_counted_on_its_row(site: Site) -> None:
    keep_refused([refused(site, b'{"event_id": "e-1"}')])

    new = keep_refused([refused(site, b'{"event_id": "e-1"}', NOW + timedelta(hours=3))])

    kept = Quarantine.objects.get()
    assert (new, kept.times, kept.event_id) == (0, 2, "e-1")
    assert (kept.received_at, kept.last_at) == (NOW, NOW + timedelta(hours=3))


@pytest.mark.parametrize(
    ("body", "hours", "code"),
    [(b"{}", 25, "invalid_field"), (b"{}", 1, "too_old"), (b"[]", 1, "invalid_field")],
    ids=["a day later", "for another reason", "another body"],
)
def test_body__that_is_not_the_same_again__is_a_row_of_its_own(
    site: Site, body: bytes, hours: int, code: str
) -> None:
    keep_refused([refused(site, b"{}")])

    assert keep_refused([refused(site, body, NOW + timedelta(hours=hours), code)]) == 1
    assert list(Quarantine.objects.values_list("times", flat=True)) == [1, 1]


def test_body__replayed_meanwhile_or_of_another_site__is_a_row_of_its_own(site: Site) -> None:
    keep_refused([refused(site, b"{}")])
    Quarantine.objects.update(replayed_at=NOW)

    assert keep_refused([refused(site, b"{}"), refused(a_site("other"), b"{}")]) == 2


def test_body__longer_than_is_kept__says_so(site: Site) -> None:
    keep_refused([refused(site, b'"' + b"x" * KEPT_BODY)])

    kept = Quarantine.objects.get()
    assert kept.is_cut
    assert len(kept.body) == KEPT_BODY


def test_flood__of_one_bad_event__keeps_one_row_and_the_count(site: Site) -> None:
    shop = caller_for(site, "events")
    bad = an_event("purchase", value={"amount": -1, "currency": "EUR"})

    for _each in range(3):
        shop.post("events", {"events": [bad] * 100})

    kept = Quarantine.objects.get()
    assert kept.times == 300
    assert kept.event_id == bad["event_id"]
    assert json.loads(kept.body) == bad
