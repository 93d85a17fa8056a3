"""Days as partitions: made ahead, filled from the rest, used by the events that come."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction

from experiments.models import Event, Site
from experiments.retention import partitions
from experiments.retention.health import check_partitions
from tests.factories import a_site
from tests.rows import an_event

TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def _on_postgresql() -> None:
    if not partitions.is_split():
        pytest.skip("only PostgreSQL splits the events")


@pytest.fixture
def site() -> Site:
    return a_site()


def store(site: Site, *moments: datetime) -> None:
    Event.objects.bulk_create(an_event(site, "view_item", at) for at in moments)


def held_by(table: str) -> list[str]:
    """Return the days of the events in one partition."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT day FROM {table} ORDER BY day")
        return [day for (day,) in cursor.fetchall()]


def test_make_days_ahead__on_sqlite__makes_nothing() -> None:
    if partitions.is_split():
        pytest.skip("PostgreSQL splits the events")

    assert partitions.make_days_ahead(today=TODAY) == []
    assert partitions.sort_rest(today=TODAY) == []
    assert check_partitions(today=TODAY) == []


@pytest.mark.usefixtures("_on_postgresql")
def test_make_days_ahead__twice__makes_each_day_once() -> None:
    made = partitions.make_days_ahead(today=TODAY)

    assert (made[0], made[-1], len(made)) == ("2026-11-20", "2026-12-05", 16)
    assert partitions.make_days_ahead(today=TODAY) == []
    assert partitions.make_days_ahead(today=TODAY + timedelta(days=1)) == ["2026-12-06"]


@pytest.mark.usefixtures("_on_postgresql")
def test_make_days_ahead__events_in_the_rest__move_to_their_day(site: Site) -> None:
    store(site, NOW, NOW, NOW - timedelta(days=1), NOW - timedelta(days=300))
    before = sorted(Event.objects.values_list("event_id", "day", "id"))

    partitions.make_days_ahead(today=TODAY)

    assert held_by("experiments_event_2026_11_28") == ["2026-11-28"] * 2
    assert held_by("experiments_event_2026_11_27") == ["2026-11-27"]
    assert held_by(partitions.REST) == ["2026-02-01"]
    assert sorted(Event.objects.values_list("event_id", "day", "id")) == before


@pytest.mark.usefixtures("_on_postgresql")
def test_make_days_ahead__events_after_it__land_in_their_day(site: Site) -> None:
    partitions.make_days_ahead(today=TODAY)

    store(site, NOW, NOW + timedelta(days=30))

    assert held_by("experiments_event_2026_11_28") == ["2026-11-28"]
    assert held_by(partitions.REST) == ["2026-12-28"]
    assert Event.objects.count() == 2


@pytest.mark.usefixtures("_on_postgresql")
def test_make_days_ahead__indexes_of_a_day__are_those_of_the_table() -> None:
    partitions.make_days_ahead(today=TODAY)

    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(
            cursor, "experiments_event_2026_11_28"
        )
    columns = [tuple(found["columns"]) for found in constraints.values() if found["index"]]
    assert ("site_id", "visitor_id", "ts_us") in columns
    assert ("request_id",) in columns
    assert len(columns) == len(set(columns))  # attaching made no second set


@pytest.mark.usefixtures("_on_postgresql")
def test_sort_rest__days_of_earlier_months__get_a_partition_per_month(site: Site) -> None:
    partitions.make_days_ahead(today=TODAY)
    moments = [NOW - timedelta(days=days) for days in (300, 290, 290, 10)]
    store(site, *moments)

    made = partitions.sort_rest(today=TODAY)

    assert made == ["experiments_event_m2026_02", "experiments_event_m2026_11"]
    assert held_by("experiments_event_m2026_02") == ["2026-02-01", "2026-02-11", "2026-02-11"]
    assert held_by(partitions.REST) == []
    store(site, NOW - timedelta(days=299))
    assert held_by(partitions.REST) == []
    assert partitions.sort_rest(today=TODAY) == []


@pytest.mark.usefixtures("_on_postgresql")
def test_check_partitions__none_and_all__tells_which() -> None:
    (before,) = check_partitions(today=TODAY)
    partitions.make_days_ahead(today=TODAY)
    (after,) = check_partitions(today=TODAY)
    (late,) = check_partitions(today=TODAY + timedelta(days=6))

    assert (before.state, after.state, late.state) == ("degraded", "ok", "degraded")
    assert before.fix
    assert after.detail == "8 days from today on have a partition of their own"


@pytest.mark.usefixtures("_on_postgresql")
@pytest.mark.django_db(transaction=True)
def test_make_days_ahead__somebody_writes_for_long__gives_up_and_makes_it_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "ATTEMPTS", 2)
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "100ms")
    other = connection.copy()
    with contextlib.closing(other), other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"LOCK TABLE {partitions.REST} IN ROW EXCLUSIVE MODE")
        with pytest.raises(OperationalError, match="lock timeout"):
            partitions.make_days_ahead(today=TODAY)
        assert partitions.days_ahead(today=TODAY) == 0
        cursor.execute("ROLLBACK")

    made = partitions.make_days_ahead(today=TODAY)

    _drop_all()
    assert len(made) == 16


def _drop_all() -> None:
    """Remove the partitions: a test that commits has to clean up what no flush knows of."""
    with transaction.atomic(), connection.cursor() as cursor:
        for partition in partitions.partitions():
            cursor.execute(f"DROP TABLE {partition.name}")
