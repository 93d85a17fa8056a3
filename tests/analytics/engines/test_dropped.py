"""What stands beside the metrics where rows were dropped: read from files, and what it was."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics.details import details_of
from analytics.engines.choosing import engine_over
from analytics.engines.current import IN_USE, using
from analytics.engines.duck import duckdb_over
from analytics.engines.spark import spark_over
from analytics.reporting.judging import compare_all
from analytics.reporting.measuring import measure
from analytics.reporting.reach import period_to_read
from analytics.reporting.scope import Scope
from analytics.trust import findings_of
from experiments.models import Event, Experiment, ExportedDay, Slate
from experiments.retention.ahead import export_ahead
from experiments.retention.dropping import delete_day
from tests.analytics import rows
from tests.analytics.engines.exported import FIRST, LAST, exported, need_spark
from tests.analytics.trust.gate import scope_of
from tests.analytics.web import rich

END = datetime(2026, 3, 16, tzinfo=UTC)
UNITS, STRAYED = 60, 9

pytestmark = pytest.mark.django_db


@pytest.fixture
def scope(monkeypatch: pytest.MonkeyPatch) -> Scope:
    """Return a run some of whose units click on lists of another variant, and had bought before."""
    for module in (rows, rich):
        monkeypatch.setattr(module, "NOW", END)
    experiment = rich.a_rich_run(UNITS)
    lists = Slate.objects.filter(variant__key="hybrid").order_by("ts_us")[:STRAYED]
    Event.objects.bulk_create(
        rows.event(
            experiment.site,
            "select_item",
            END - timedelta(hours=1),
            visitor_id=f"control-{number}",
            request_id=each.request_id,
        )
        for number, each in enumerate(lists)
    )
    Event.objects.bulk_create(_bought_before(experiment))
    return scope_of(experiment)


def _bought_before(experiment: Experiment) -> list[Event]:
    assert experiment.started_at is not None
    at = experiment.started_at - timedelta(days=1)
    return [
        rows.event(experiment.site, "purchase", at, visitor_id=f"{key}-{number}", amount=100)
        for key in ("control", "hybrid", "diverse")
        for number in range(UNITS)
        if number % 3
    ]


def drop_everything(site: Any) -> None:
    export_ahead(site, first=FIRST, last=LAST)
    for day in ExportedDay.objects.exclude(table="exposures"):
        delete_day(day)
    assert not Event.objects.exists()
    assert not Slate.objects.exists()


def found(scope: Scope) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the details, and the findings by code, as the engine in use answers."""
    measured, details = measure(scope), details_of(scope)
    assert not [each for each in details.values() if "error" in each]
    findings = findings_of(scope, measured, compare_all(scope, measured), details=details)
    told = {each["code"]: each for each in findings}
    # Of the database it looks at some of the units, of files at all: here that is the same.
    told["pre_period"].pop("evidence")
    return details, told


def test_report__rows_were_dropped__details_and_findings_are_what_they_were(scope: Scope) -> None:
    before = found(scope)
    drop_everything(scope.experiment.site)

    with engine_over(period_to_read(scope.experiment, 1)):
        assert IN_USE.name == "duckdb"
        after = found(scope)

    assert after == before
    assert after[0]["positions"]["variants"]["hybrid"][0]["shown"] == UNITS
    assert after[0]["positions"]["dropped"] == 0


def test_findings__of_rows_that_were_dropped__look_at_something(scope: Scope) -> None:
    """Without this the comparison above could be one of two empty answers."""
    drop_everything(scope.experiment.site)

    with engine_over(period_to_read(scope.experiment, 1)):
        _details, findings = found(scope)

    assert findings["exposure_leak"]["state"] == "bad"
    assert ["Events that quote a list of another variant, units", STRAYED] in (
        findings["exposure_leak"]["table"]["rows"]
    )
    assert findings["pre_period"]["state"] == "good"


def test_positions__of_dropped_rows_on_the_database__say_how_many_are_missing(scope: Scope) -> None:
    drop_everything(scope.experiment.site)

    positions = details_of(scope)["positions"]

    assert positions["dropped"] == 3 * UNITS


def test_spark__of_the_same_files__tells_what_the_database_tells(scope: Scope) -> None:
    need_spark()
    files = exported(scope.experiment.site)

    with spark_over(files) as spark, using(spark):
        on_spark = found(scope)
    with duckdb_over(files) as duck, using(duck):
        on_duckdb = found(scope)

    assert on_spark == on_duckdb == found(scope)
