"""Joins look rows up by their request id: a drain must not read a site's whole past."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from experiments.drain import drain_once
from experiments.models import Slate
from tests.experiments.drain.waiting import a_slate, an_event, apply_all, put_events, put_slates
from tests.factories import a_site

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite plans without statistics")
def test_join__on_sqlite__never_reads_a_whole_table_or_site() -> None:
    site = a_site()
    slate = a_slate(site)
    put_events(site, an_event("select_item", request_id=str(slate.request_id)))
    apply_all()
    put_slates(slate)

    with CaptureQueriesContext(connection) as queries:
        drain_once()

    joins = [query["sql"] for query in queries if '"request_id" IN' in query["sql"]]
    plans = [step for sql in joins for step in plan_of(sql)]
    assert Slate.objects.get().clicked == 1
    assert any("event_request" in step for step in plans)
    assert not [step for step in plans if "SCAN" in step or step.endswith("(site_id=?)")]


def plan_of(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return [row[3] for row in cursor.fetchall()]
