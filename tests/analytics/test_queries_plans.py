"""What SQLite plans without statistics of its tables: nothing is compared with all of the rest."""

from dataclasses import replace

import pytest
from django.db import connection

from analytics.details import details_of
from analytics.queries.few import EVER_US
from analytics.reporting.scope import Scope
from experiments.models import Experiment
from tests.analytics.engines.kinds import everything
from tests.analytics.metrics import cut_of
from tests.analytics.plans import planned, whole_scans

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="of SQLite's planner"),
]


def test_plan__of_every_kind_of_statement__compares_nothing_with_all_rows(
    experiment: Experiment,
) -> None:
    cut = cut_of(experiment)
    cuts = [cut, replace(cut, is_viewed=True), replace(cut, segment=(("device", "mobile"),))]
    cuts.append(cut_of(experiment, unit_type="account", fallback_unit_type="visitor"))
    with planned() as engine:
        for each in cuts:
            everything(each)

    assert len(engine.plans) > 20
    assert [found for plan in engine.plans if (found := whole_scans(plan))] == []


def test_plan__of_details__compares_nothing_with_all_rows(experiment: Experiment) -> None:
    scope = Scope.of(experiment, phase=1, until_us=EVER_US)
    with planned() as engine:
        details = details_of(scope)

    assert not [each for each in details.values() if "error" in each]
    assert len(engine.plans) > 4
    assert [found for plan in engine.plans if (found := whole_scans(plan))] == []


def test_plan__of_parts_that_are_joined__is_told() -> None:
    """The shape that statements had: without statistics SQLite compares each row with all."""
    joined = """WITH f AS (SELECT unit_id, ts_us FROM experiments_exposure WHERE experiment_id = %s
            AND phase = %s AND ts_us <= %s),
        ev AS (SELECT f.unit_id, COUNT(*) AS n FROM f JOIN experiments_event e
            ON e.site_id = %s AND e.visitor_id = f.unit_id AND e.ts_us >= f.ts_us
                AND e.ts_us < f.ts_us + 7 AND e.ts_us <= %s
            WHERE e.type IN ('a', 'b') AND e.traffic = '' GROUP BY f.unit_id)
        SELECT ev.n FROM f LEFT JOIN ev ON ev.unit_id = f.unit_id"""
    with planned() as engine:
        engine.rows(joined, (1, 1, 1, 1, 1))

    assert whole_scans(engine.plans[0]) == ["SCAN ev LEFT-JOIN"]
