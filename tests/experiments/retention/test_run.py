"""Retention: what goes, what stays, and that nothing is lost in between."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from experiments.models import Change, Event, ExportedDay, LedgerEntry, Site, Slate
from experiments.registries import KEPT_DAYS
from experiments.retention import dropping, files
from experiments.retention.exporting import ExportError, export_day
from experiments.retention.keeping import days_to_go, first_kept_day
from experiments.retention.run import run_retention
from experiments.retention.tables import TABLES
from tests.experiments.retention.past import (
    NOW,
    days_ago,
    days_held,
    ids_in_files,
    store_events,
    store_slates,
)
from tests.factories import a_site

EVENTS = TABLES["events"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def needed_from() -> Iterator[Any]:
    """Return a way to say which day is still needed."""
    before = list(KEPT_DAYS)
    yield lambda day: KEPT_DAYS.append(lambda _site_id: day)
    KEPT_DAYS[:] = before


def test_run_retention__older_days__are_exported_and_dropped(site: Site) -> None:
    store_events(site, 40, 31, 30, 1)
    store_slates(site, 40, 1)
    gone = sorted(Event.objects.filter(day__lt=days_ago(30)).values_list("pk", flat=True))

    done = run_retention(now=NOW)

    assert done.problems == []
    assert days_held() == [days_ago(30), days_ago(1)]
    assert days_held(Slate) == [days_ago(1)]
    assert ids_in_files() == gone
    assert set(ExportedDay.objects.values_list("table", "day")) == {
        ("events", days_ago(40)),
        ("events", days_ago(31)),
        ("slates", days_ago(40)),
    }
    assert not ExportedDay.objects.filter(dropped_at=None).exists()
    assert run_retention(now=NOW).rows == {}


def test_run_retention__what_went__is_on_record(site: Site) -> None:
    store_events(site, 40)

    run_retention(now=NOW, actor="sam")

    change = Change.objects.get(subject="retention")
    assert (change.site, change.actor, change.action) == (site, "sam", "drop days")
    assert change.before == {"events": {days_ago(40): 3}}


def test_run_retention__site_that_keeps_all__loses_nothing(site: Site) -> None:
    other = a_site("other")
    store_events(site, 40)
    store_events(other, 40)

    run_retention(now=NOW)

    assert list(Event.objects.values_list("site", flat=True).distinct()) == [other.pk]


def test_run_retention__ledger__stays(site: Site) -> None:
    (event, *_more) = store_events(site, 40)
    LedgerEntry.objects.create(site=site, event_id=event.event_id, body_hash=1)

    run_retention(now=NOW)

    assert LedgerEntry.objects.filter(event_id=event.event_id).exists()


def test_first_kept_day__needed_earlier__is_that_day(site: Site, needed_from: Any) -> None:
    assert first_kept_day(site, now=NOW) == days_ago(30)
    needed_from(days_ago(35))
    assert first_kept_day(site, now=NOW) == days_ago(35)
    needed_from(None)
    assert first_kept_day(site, now=NOW) == days_ago(35)


def test_first_kept_day__too_few_days__are_made_fourteen(site: Site) -> None:
    site.retention_days = 1

    assert first_kept_day(site, now=NOW) == days_ago(14)


def test_first_kept_day__simulated_site__counts_from_its_latest_row(site: Site) -> None:
    site.is_simulated = True
    store_events(site, 100)

    assert first_kept_day(site, now=NOW) == days_ago(130)


def test_run_retention__day_still_needed__stays(site: Site, needed_from: Any) -> None:
    store_events(site, 40, 36, 35)
    needed_from(days_ago(36))

    run_retention(now=NOW)

    assert days_held() == [days_ago(36), days_ago(35)]


def test_run_retention__ended_between_export_and_drop__loses_nothing(site: Site) -> None:
    store_events(site, 40)
    ids = sorted(Event.objects.values_list("pk", flat=True))
    export_day(EVENTS, site, days_ago(40))
    assert days_held() == [days_ago(40)]

    run_retention(now=NOW)

    assert days_held() == []
    assert ids_in_files() == ids


def test_run_retention__ended_within_the_drop__goes_on_and_keeps_what_was_dropped(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropping, "ROWS", 2)
    store_slates(site, *[40] * 7)
    ids = sorted(Slate.objects.values_list("pk", flat=True))
    exported = export_day(TABLES["slates"], site, days_ago(40))
    with monkeypatch.context() as patched:
        patched.setattr(dropping, "hold_tail_lock", _ends_at_the(3))
        with pytest.raises(KeyboardInterrupt):
            dropping.delete_day(exported)
    assert Slate.objects.count() == 3

    run_retention(now=NOW)

    assert Slate.objects.count() == 0
    assert ids_in_files("slates") == ids


def _ends_at_the(call: int) -> Any:
    """Return what raises like Ctrl-C when it is called that often."""
    calls = iter(range(1, call + 1))

    def count() -> None:
        if next(calls) == call:
            raise KeyboardInterrupt

    return count


def test_run_retention__events_late_for_a_dropped_day__are_added_to_its_file(site: Site) -> None:
    store_events(site, 40)
    run_retention(now=NOW)
    before = ids_in_files()
    late = store_events(site, 40, count=2)
    late_ids = Event.objects.filter(event_id__in=[e.event_id for e in late])
    expected = sorted([*before, *late_ids.values_list("pk", flat=True)])

    run_retention(now=NOW)

    assert days_held() == []
    assert ids_in_files() == expected
    assert len(expected) == 5


def test_run_retention__file_of_a_dropped_day_is_missing__drops_nothing_more(site: Site) -> None:
    store_events(site, 40)
    run_retention(now=NOW)
    (files.folder() / ExportedDay.objects.get().file).unlink()
    store_events(site, 40)

    done = run_retention(now=NOW)

    assert days_held() == [days_ago(40)]
    assert "is missing" in done.problems[0]
    assert done.rows == {}


def test_delete_day__row_changed_after_the_export__stays(site: Site) -> None:
    store_events(site, 40)
    exported = export_day(EVENTS, site, days_ago(40))
    Event.objects.filter(visitor_id="v-1").update(refunded=5)

    with pytest.raises(ExportError, match="changed after"):
        dropping.delete_day(exported)

    assert Event.objects.count() == 3


def test_run_retention__another_run_at_work__does_nothing(site: Site) -> None:
    import fcntl

    store_events(site, 40)
    files.folder().mkdir(parents=True)
    with (files.folder() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_retention(now=NOW)

    assert done.rows == {}
    assert days_held() == [days_ago(40)]


def test_command__dry_run__shows_and_changes_nothing(site: Site) -> None:
    out = StringIO()
    store_events(site, 400, 399)

    call_command("retention", dry_run=True, stdout=out)

    assert f"shop: 6 events of 2 days, {days_held()[0]} to {days_held()[-1]}" in out.getvalue()
    assert Event.objects.count() == 6
    assert not ExportedDay.objects.exists()


def test_command__run__drops_and_tells(site: Site) -> None:
    out = StringIO()
    store_events(site, 400, 399)

    call_command("retention", stdout=out)

    assert "2 of 2 days were exported and dropped" in out.getvalue()
    assert Event.objects.count() == 0


def test_days_to_go__queries__do_not_grow_with_the_days(
    site: Site, django_assert_num_queries: Any
) -> None:
    store_events(site, *range(40, 60), count=1)

    with django_assert_num_queries(3 + _queries_of_rooms(site)):
        assert len(days_to_go(now=NOW)) == 20


def _queries_of_rooms(site: Site) -> int:
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        first_kept_day(site, now=NOW)
    return len(queries)
