"""Days that stay are written too: once, again when they change, and never over the only copy."""

import pyarrow.parquet as pq
import pytest

from experiments.models import Event, ExportedDay, Exposure, Site
from experiments.retention import files
from experiments.retention.ahead import Ahead, export_ahead
from experiments.retention.dropping import delete_day
from experiments.retention.exporting import ExportError
from experiments.retention.keeping import days_to_go
from experiments.retention.run import alone
from tests.analytics.rows import exposure
from tests.experiments.retention.past import (
    NOW,
    days_ago,
    ids_in_files,
    store_events,
    store_slates,
)
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

FIRST, LAST = days_ago(60), days_ago(0)


def ahead(site: Site) -> Ahead:
    return export_ahead(site, first=FIRST, last=LAST, patience_s=0.3)


def expose(site: Site, *units: str) -> list[Exposure]:
    experiment = draft_experiment(site)
    variant = experiment.variants.get(is_control=True)
    return Exposure.objects.bulk_create(
        exposure(experiment, variant, unit, NOW, attributes={"device": "mobile"}) for unit in units
    )


def test_export_ahead__rows_of_every_table__are_in_files_and_stay(site: Site) -> None:
    events, slates, exposures = store_events(site, 3), store_slates(site, 3), expose(site, "a", "b")

    done = ahead(site)

    assert {(each.table, each.n_rows) for each in done.written} == {
        ("events", 3),
        ("slates", 1),
        ("exposures", 2),
    }
    assert ids_in_files("events") == sorted(each.pk for each in events)
    assert ids_in_files("slates") == [each.pk for each in slates]
    assert ids_in_files("exposures") == sorted(each.pk for each in exposures)
    assert Event.objects.count() == 3


def test_export_ahead__nothing_changed__writes_nothing(site: Site) -> None:
    store_events(site, 3, 4)
    expose(site, "a")
    ahead(site)

    done = ahead(site)

    assert (done.written, done.n_current) == ([], 3)


@pytest.mark.parametrize("change", [{"is_multiple": True}, {"traffic": "bot"}, {"ts_us": 7}])
def test_export_ahead__an_exposure_changed__writes_its_day_anew(
    site: Site, change: dict[str, object]
) -> None:
    row = expose(site, "a", "b")[0]
    ahead(site)
    Exposure.objects.filter(pk=row.pk).update(**change)

    (written,) = ahead(site).written

    rows = pq.ParquetFile(files.folder() / written.file).read().to_pylist()
    name, value = next(iter(change.items()))
    assert {each["unit_id"]: each[name] for each in rows}["a"] == value


def test_export_ahead__other_days_and_sites__are_left_alone(site: Site) -> None:
    store_events(site, 61)
    store_events(a_site("other"), 3)

    assert ahead(site).written == []


def test_export_ahead__a_late_row_of_a_dropped_day__is_added_to_what_was_there(site: Site) -> None:
    before = [each.pk for each in store_events(site, 3)]
    (exported,) = ahead(site).written
    delete_day(exported)
    late = store_events(site, 3, count=1)[0]

    ahead(site)

    assert ids_in_files("events") == sorted([*before, late.pk])


def test_export_ahead__another_export_at_work__is_refused_after_a_while(site: Site) -> None:
    store_events(site, 3)

    with alone(), pytest.raises(ExportError, match="another export"):
        ahead(site)


def test_exposures__older_than_the_site_keeps__are_never_dropped(site: Site) -> None:
    expose(site, "a")
    Exposure.objects.update(day=days_ago(300))

    assert days_to_go(now=NOW) == []
    assert not ExportedDay.objects.exists()
