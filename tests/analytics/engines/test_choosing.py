"""Where a report reads its rows: by setting, and from files where they were dropped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics.engines.choosing import engine_over
from analytics.engines.current import IN_USE
from analytics.errors import EngineError
from analytics.queries.few import EVER_US
from analytics.reporting.measuring import Measured, measure
from analytics.reporting.reach import period_to_read
from analytics.reporting.scope import Scope
from analytics.services import compute_analysis, request_analysis
from experiments.models import Event, Experiment, ExportedDay, Slate
from experiments.retention.ahead import export_ahead
from experiments.retention.dropping import delete_day
from experiments.retention.files import folder
from tests.analytics import rows
from tests.analytics.engines.exported import FIRST, LAST
from tests.analytics.rows import Shares, a_run

END = datetime(2026, 3, 15, tzinfo=UTC)
BEHAVIOUR = {"control": Shares(60, 0.2, 0.2), "treatment": Shares(60, 0.4, 0.5)}

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment(monkeypatch: pytest.MonkeyPatch) -> Experiment:
    monkeypatch.setattr(rows, "NOW", END)
    return a_run(BEHAVIOUR)


def drop_everything(experiment: Experiment) -> None:
    export_ahead(experiment.site, first=FIRST, last=LAST)
    for exported in ExportedDay.objects.exclude(table="exposures"):
        delete_day(exported)
    assert not Event.objects.exists()
    assert not Slate.objects.exists()


def measured(experiment: Experiment) -> tuple[str, Measured]:
    with engine_over(period_to_read(experiment, 1)):
        return IN_USE.name, measure(Scope.of(experiment, phase=1, until_us=EVER_US))


def report_of(experiment: Experiment) -> Any:
    analysis = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert analysis is not None
    assert (analysis.status, analysis.error) == ("ready", "")
    assert analysis.results is not None
    return analysis.results["metrics"]


def test_metrics__rows_of_the_period_were_dropped__are_unchanged(experiment: Experiment) -> None:
    _name, before = measured(experiment)
    drop_everything(experiment)

    name, after = measured(experiment)

    assert name == "duckdb"
    assert after == before
    assert after.errors == {}


def test_report__rows_dropped_and_no_rollups_kept__is_unchanged(experiment: Experiment) -> None:
    before = report_of(experiment)
    drop_everything(experiment)

    assert report_of(experiment) == before


def test_metrics__an_event_that_came_after_its_day_was_dropped__counts(
    experiment: Experiment,
) -> None:
    drop_everything(experiment)
    _name, before = measured(experiment)
    control = experiment.variants.get(is_control=True)
    late = rows.event(
        experiment.site, "purchase", END, visitor_id="control-59", amount=77, order_ref="late"
    )
    Event.objects.bulk_create([late])

    _name, after = measured(experiment)

    gained = after.of("revenue_per_unit", control.pk).sum_y
    assert gained - before.of("revenue_per_unit", control.pk).sum_y == 77


def test_engine__duckdb_is_set__reads_files_of_rows_that_stay(
    experiment: Experiment, settings: Any
) -> None:
    _name, before = measured(experiment)
    settings.ANALYSIS_ENGINE = "duckdb"

    name, after = measured(experiment)

    assert name == "duckdb"
    assert after == before
    assert Event.objects.exists()


def test_engine__a_row_changed_since_its_export__is_read_as_it_is_now(
    experiment: Experiment, settings: Any
) -> None:
    settings.ANALYSIS_ENGINE = "duckdb"
    measured(experiment)
    Event.objects.filter(type="purchase").update(refunded=1)

    _name, found = measured(experiment)

    settings.ANALYSIS_ENGINE = "database"
    assert found == measured(experiment)[1]


def test_engine__outside_of_a_report__is_the_database(experiment: Experiment) -> None:
    drop_everything(experiment)
    measured(experiment)

    assert IN_USE.name in {"sqlite", "postgresql"}


def test_engine__file_of_a_dropped_day_is_damaged__is_refused(experiment: Experiment) -> None:
    drop_everything(experiment)
    day = ExportedDay.objects.filter(table="events").earliest("day")
    (folder() / day.file).write_bytes(b"nothing")
    at = datetime.fromisoformat(day.day).replace(tzinfo=UTC) + timedelta(hours=23)
    Event.objects.bulk_create([rows.event(experiment.site, "view_item", at, visitor_id="late")])

    with pytest.raises(EngineError, match="was changed"):
        measured(experiment)
