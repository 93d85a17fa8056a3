"""Retention on PostgreSQL: days go with their partition, and none with rows that no file holds."""

from datetime import timedelta

import pytest

from experiments.models import Event, ExportedDay, Site
from experiments.retention import dropping, partitions
from experiments.retention.exporting import export_day
from experiments.retention.run import run_retention
from experiments.retention.tables import TABLES
from tests.experiments.retention.past import (
    NOW,
    days_ago,
    days_held,
    ids_in_files,
    keeping_site,
    store_events,
)
from tests.factories import a_site

EVENTS = TABLES["events"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def _on_postgresql() -> None:
    if not partitions.is_split():
        pytest.skip("only PostgreSQL splits the events")


def partition_names() -> list[str]:
    return [partition.name for partition in partitions.partitions()]


@pytest.mark.usefixtures("_on_postgresql")
def test_run_retention__partition_that_every_site_lets_go__is_dropped(site: Site) -> None:
    partitions.make_days_ahead(today=(NOW - timedelta(days=40)).date())
    store_events(site, 40)
    store_events(keeping_site("other"), 40)
    name = f"experiments_event_{days_ago(40).replace('-', '_')}"
    assert name in partition_names()

    done = run_retention(now=NOW)

    assert done.problems == []
    assert name not in partition_names()
    assert days_held() == []
    assert ExportedDay.objects.exclude(dropped_at=None).count() == 2


@pytest.mark.usefixtures("_on_postgresql")
def test_drop_partition__site_whose_rows_are_in_no_file__keeps_it(site: Site) -> None:
    partitions.make_days_ahead(today=(NOW - timedelta(days=40)).date())
    store_events(site, 40)
    exported = export_day(EVENTS, site, days_ago(40))
    store_events(a_site("other"), 40)
    own = [each for each in partitions.partitions() if each.days == (days_ago(40),)]

    assert not dropping.drop_partition(own[0], {site.pk: exported})

    assert Event.objects.count() == 6
    exported.refresh_from_db()
    assert exported.dropped_at is None


@pytest.mark.usefixtures("_on_postgresql")
def test_run_retention__month_without_rows_left__is_dropped(site: Site) -> None:
    store_events(site, 90, 91)
    partitions.sort_rest(today=NOW.date())
    assert partition_names()

    run_retention(now=NOW)

    assert partition_names() == []
    assert len(ids_in_files()) == 6
