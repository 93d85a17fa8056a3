"""A page of what was received is found by indexes, in the days around what is asked for."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from experiments.models import Site
from experiments.received import filters_of, page_of
from experiments.retention import partitions
from tests.factories import a_site

pytestmark = pytest.mark.django_db
REQUEST = "0193b5a0-7c6e-7c3a-9d43-0a1b2c3d4e5f"


@pytest.fixture
def site() -> Site:
    return a_site()


def plans(site: Site, **given: str) -> list[str]:
    """Return the steps by which the database reads the pages' tables."""
    with CaptureQueriesContext(connection) as queries:
        page_of(site, filters_of(given, site))
    tables = ("experiments_event", "experiments_duplicate", "experiments_quarantine")
    asked = [q["sql"] for q in queries if any(f'FROM "{table}"' in q["sql"] for table in tables)]
    return [step for sql in asked for step in _plan_of(sql)]


def _plan_of(sql: str) -> list[str]:
    how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}")
        return [str(row[-1]) for row in cursor.fetchall()]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite plans without statistics")
@pytest.mark.parametrize(
    ("given", "index"),
    [
        ({}, "PRIMARY KEY"),
        ({"type": "search"}, "PRIMARY KEY"),
        ({"unit": "v-1"}, "event_visitor_time"),
        ({"unit": "a-1", "unit_type": "account"}, "event_account_time"),
        ({"unit": "s-1", "unit_type": "session"}, "event_session_time"),
        ({"request_id": REQUEST}, "event_request"),
    ],
    ids=str,
)
def test_page__on_sqlite__is_found_by_an_index(
    site: Site, given: dict[str, str], index: str
) -> None:
    steps = plans(site, **given)

    assert any(index in step for step in steps), steps
    assert not [step for step in steps if "B-TREE" in step] or "unit" in given, steps


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only there are days apart")
def test_page__on_postgresql__reads_no_days_far_away(site: Site) -> None:
    today = datetime.now(UTC).date()
    for day in (today, date(2026, 1, 1), date(2026, 2, 1)):
        partitions.make_days_ahead(today=day)

    steps = plans(site)

    assert any("experiments_event_rest" in step for step in steps), steps
    assert any(f"{today:%Y%m%d}" in step.replace("-", "").replace("_", "") for step in steps), steps
    assert not [step for step in steps if "20260101" in step.replace("_", "")], steps
