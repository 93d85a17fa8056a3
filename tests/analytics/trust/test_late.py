"""Events that a report does not count yet."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from experiments.models import Event, Experiment, InboxBatch, Site
from tests.analytics.rows import Shares, a_run
from tests.analytics.trust.gate import gate
from tests.factories import a_site

pytestmark = pytest.mark.django_db

EVEN = {"control": Shares(550, 0.2), "treatment": Shares(550, 0.2)}


def waiting(site: Site, *, minutes: float, events: int = 40) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    InboxBatch.objects.create(site=site, kind="events", received_at=at, doc="", n_events=events)


def delayed(experiment: Experiment, share_of_ten: int, delay: timedelta) -> None:
    """Let so many of ten events come later than they happened."""
    rows = Event.objects.filter(site=experiment.site)
    some = [pk for pk in rows.values_list("pk", flat=True) if pk % 10 < share_of_ten]
    rows.filter(pk__in=some).update(received_at=F("occurred_at") + delay)


@pytest.mark.parametrize(("minutes", "state"), [(1, "good"), (30, "warn"), (60 * 30, "bad")])
def test_late__events_that_wait__are_counted_and_judged_by_their_age(
    minutes: float, state: str
) -> None:
    experiment = a_run(EVEN)
    waiting(experiment.site, minutes=minutes)

    found = gate(experiment)["late_data"]

    assert found["state"] == state
    assert found["table"]["rows"][0] == ["Accepted, not counted yet", 40]
    assert found["evidence"].startswith("40 events wait, the oldest for ")


def test_late__of_another_site__is_none_of_ours() -> None:
    experiment = a_run(EVEN)
    waiting(a_site("other"), minutes=60 * 30)

    assert gate(experiment)["late_data"]["state"] == "good"


@pytest.mark.parametrize(("has_ended", "state"), [(False, "warn"), (True, "good")])
def test_late__many_events_a_day_late__warns_while_it_runs(has_ended: bool, state: str) -> None:
    experiment = a_run(EVEN, site=a_site(), has_ended=has_ended)
    delayed(experiment, 3, timedelta(days=2))

    found = gate(experiment)["late_data"]

    assert found["state"] == state
    rows = dict(map(tuple, found["table"]["rows"]))
    assert rows["Looked at"] == 220
    assert rows["More than a day late"] == rows["More than an hour late"]
    assert 50 <= rows["More than a day late"] <= 80


def test_late__an_hour_or_two__is_seen_and_is_no_alarm() -> None:
    experiment = a_run(EVEN, site=a_site(), has_ended=False)
    delayed(experiment, 10, timedelta(hours=2))

    found = gate(experiment)["late_data"]

    assert found["state"] == "good"
    assert "100.00\u202f% came more than an hour late" in found["evidence"]
