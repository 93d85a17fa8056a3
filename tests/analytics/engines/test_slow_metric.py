"""A metric that takes too long says why and what helps; the others stand."""

import time
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from analytics.engines.limits import Patience, limit_s
from analytics.queries.few import EVER_US
from analytics.reporting.measuring import Measured, measure
from analytics.reporting.scope import Scope
from experiments.models import Experiment
from tests.analytics.rows import Shares, a_run

pytestmark = pytest.mark.django_db

LISTS = 150_000
# One list's copies, all of a unit that was shown it.
COPIES = """INSERT INTO experiments_slate (site_id, request_id, placement, served_at, ts_us, day,
    visitor_id, account_id, session_id, experiment_id, phase, variant_id, unit_id, reason,
    recommender, artifact, items, fallback, latency_us, clicked, attributes, traffic)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
SELECT site_id, {uuid}, placement, served_at, ts_us + i, day, visitor_id, account_id, session_id,
    experiment_id, phase, variant_id, unit_id, reason, recommender, artifact, items, fallback,
    latency_us, clicked, attributes, traffic
FROM n CROSS JOIN (SELECT * FROM experiments_slate ORDER BY id LIMIT 1) s"""


def measured(experiment: Experiment) -> Measured:
    """Return what is found of two metrics, one over events and one over lists."""
    scope = Scope.of(experiment, phase=1, until_us=EVER_US)
    wanted = {"revenue_per_unit", "ctr"}
    chosen = tuple(each for each in scope.metrics if each.metric.key in wanted)
    return measure(replace(scope, metrics=chosen))


def test_metrics__one_takes_too_long__others_stand_and_it_says_what_gives_more_time(
    settings: Any,
) -> None:
    experiment = a_run({"control": Shares(20, 0.5), "treatment": Shares(20, 0.5)})
    before = measured(experiment).moments["revenue_per_unit"]
    uuid = (
        "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    )
    with connection.cursor() as cursor:
        cursor.execute(COPIES.format(uuid=uuid), [LISTS])
    start = time.monotonic()
    assert measured(experiment).errors == {}
    settings.METRIC_TIMEOUT_S = (time.monotonic() - start) / 5

    found = measured(experiment)

    assert found.moments["revenue_per_unit"] == before
    assert set(found.errors) == {"ctr"}
    assert "ARMATURE_METRIC_TIMEOUT" in found.errors["ctr"]


def test_patience__time_that_is_left__is_shared_by_who_is_still_to_come(settings: Any) -> None:
    settings.METRIC_TIMEOUT_S = 60
    patience = Patience(1.0)

    with patience.share(10):
        assert 5 < limit_s() <= 6
    with patience.share(1):
        assert 50 < limit_s() <= 60
    assert limit_s() == 60


def test_patience__nothing_is_left__still_gives_each_a_moment(settings: Any) -> None:
    settings.METRIC_TIMEOUT_S = 60

    with Patience(0).share(4):
        assert limit_s() == 0.5


def test_patience__no_limit_is_set__gives_each_as_long_as_it_takes(settings: Any) -> None:
    settings.METRIC_TIMEOUT_S = 0

    with Patience(2.0).share(3):
        assert limit_s() == 0
