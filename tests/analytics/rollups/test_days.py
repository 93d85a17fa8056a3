"""Of events that are split by day, a unit's are looked for in the days of its window alone."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from analytics.queries.few import LOOKUPS
from analytics.rollups.applying import apply_touched
from experiments.clock import microseconds
from experiments.models import Experiment
from experiments.registries import Touched
from tests.analytics.metrics import DAY
from tests.analytics.rollups.kept import a_running_one, keep, kept_rows, recounted
from tests.analytics.rows import event, exposure
from tests.factories import NOW

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions"),
]

DAYS = {"first": -20, "between": -10, "last": 0}  # of the partitions, from NOW on
UNITS = {"early": -20, "late": 0}  # each is exposed on its day, and buys


@pytest.fixture
def experiment() -> Experiment:
    with connection.cursor() as cursor:
        for name, number in DAYS.items():
            day = (NOW + number * DAY).date().isoformat()
            cursor.execute(
                f"CREATE TABLE event_{name} PARTITION OF experiments_event FOR VALUES IN ('{day}')"
            )
    experiment = a_running_one()
    control = experiment.variants.get(is_control=True)
    for unit, number in UNITS.items():
        at = NOW + number * DAY
        exposure(experiment, control, unit, at).save()
        event(experiment.site, "purchase", at, visitor_id=unit, amount=5).save()
        event(experiment.site, "purchase", NOW - 10 * DAY, visitor_id=unit, amount=7).save()
    keep(experiment)
    return experiment


def test_units__touched_since_exposure__are_looked_up_in_the_days_of_their_window(
    experiment: Experiment,
) -> None:
    at = microseconds(NOW + timedelta(hours=1))
    bought = frozenset((experiment.site_id, "purchase", unit, "", "", at) for unit in UNITS)

    looked_into = loops_of(lambda: apply_touched(Touched(events=bought)))

    assert looked_into == {"event_first": 1, "event_between": 0, "event_last": 1}


def test_units__exposed_anew__are_looked_up_in_the_days_before_as_well(
    experiment: Experiment,
) -> None:
    units = frozenset((experiment.pk, 1, unit) for unit in UNITS)

    looked_into = loops_of(lambda: apply_touched(Touched(exposures=units)))

    assert looked_into == {"event_first": 2, "event_between": 1, "event_last": 1}
    assert kept_rows(experiment)["revenue_per_unit", "late"] == (5, 0, 7, 0)
    assert recounted(experiment) == []


def loops_of(work: Callable[[], None]) -> dict[str, int]:
    """Return how often each partition is looked into by the statement over events that runs."""
    ran: list[tuple[str, Any]] = []

    def noting(execute: Callable[..., Any], sql: str, params: Any, *more: Any) -> Any:
        if "JOIN LATERAL (SELECT * FROM experiments_event" in sql:
            ran.append((sql, params))
        return execute(sql, params, *more)

    with connection.execute_wrapper(noting):
        work()
    ((sql, params),) = ran
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOOKUPS)
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        (found,) = cursor.fetchone()
        transaction.set_rollback(True)
    plan = json.loads(found) if isinstance(found, str) else found
    loops = {node.get("Relation Name"): node["Actual Loops"] for node in nodes_of(plan[0]["Plan"])}
    return {name: loops.get(name, 0) for name in map("event_{}".format, DAYS)}


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes_of(part)
