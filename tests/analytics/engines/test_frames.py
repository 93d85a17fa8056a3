"""The frame of units where its rows are in files alone."""

import pytest

from analytics.engines.batches import batches
from analytics.engines.choosing import engine_over
from analytics.exports.about import read_about
from analytics.exports.frames import unit_frame
from analytics.reporting.reach import period_to_read
from experiments.models import Event, ExportedDay, Slate
from experiments.retention.ahead import export_ahead
from experiments.retention.dropping import delete_day
from tests.analytics import rows
from tests.analytics.engines.exported import FIRST, LAST
from tests.analytics.engines.test_choosing import BEHAVIOUR, END
from tests.analytics.rows import a_run
from tests.analytics.web.reports import analyse

pytestmark = pytest.mark.django_db


def test_frame__of_days_that_were_dropped__is_read_from_their_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "NOW", END)
    experiment = a_run(BEHAVIOUR)
    analyse(experiment)
    before = unit_frame(experiment)
    export_ahead(experiment.site, first=FIRST, last=LAST)
    for exported in ExportedDay.objects.exclude(table="exposures"):
        delete_day(exported)
    assert not Event.objects.exists()
    assert not Slate.objects.exists()
    monkeypatch.setattr("analytics.engines.batches.ROWS", 50)

    frame = unit_frame(experiment)

    assert frame.equals(before)
    assert read_about(frame.schema)["agrees"] is True
    with engine_over(period_to_read(experiment, 1)) as engine:
        assert engine.name == "duckdb"
        parts = list(batches(engine, "SELECT unit_id FROM experiments_exposure", ()))
    assert [len(part) for part in parts] == [50, 50, 20]
