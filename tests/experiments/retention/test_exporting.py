"""A day in a file: every row and column of it, whole or not at all."""

import json
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from django.db import connection

from experiments.clock import microseconds
from experiments.models import Event, ExportedDay, Site
from experiments.retention import files
from experiments.retention.exporting import ExportError, check_file, export_day, is_current
from experiments.retention.exporting import sums_of_day as sums_now
from experiments.retention.tables import TABLES
from tests.experiments.retention.past import days_ago, store_events, store_slates

EVENTS, SLATES = TABLES["events"], TABLES["slates"]
DAY = days_ago(40)

pytestmark = pytest.mark.django_db


def rows_of(exported: ExportedDay) -> list[dict[str, Any]]:
    return list(pq.ParquetFile(files.folder() / exported.file).read().to_pylist())


def test_export_day__events__are_there_with_times_and_money_as_integers(site: Site) -> None:
    stored = store_events(site, 40)
    store_events(site, 39)

    exported = export_day(EVENTS, site, DAY)

    assert exported.file == f"events/site=shop/day={DAY}/part-0.parquet"
    assert exported.n_rows == 3
    first = rows_of(exported)[0]
    event = Event.objects.get(event_id=stored[0].event_id)
    assert first["event_id"] == str(event.event_id)
    assert first["ts_us"] == event.ts_us
    assert first["received_us"] == microseconds(event.received_at)
    assert (first["amount"], first["refunded"], first["quantity"]) == (10**13, 0, None)
    assert (first["day"], first["site_id"], first["request_id"]) == (DAY, site.pk, None)
    assert json.loads(first["properties"]) == {"note": "café", "n": 0}
    assert first["is_verified"] is True


def test_export_day__columns__are_those_of_the_table() -> None:
    with connection.cursor() as cursor:
        held = {
            column.name
            for column in connection.introspection.get_table_description(
                cursor, "experiments_event"
            )
        }

    assert held - set(EVENTS.schema.names) == {"occurred_at", "received_at"}
    assert set(EVENTS.schema.names) - held == {"received_us"}


def test_export_day__slates__are_written_alike(site: Site) -> None:
    store_slates(site, 40)

    (row,) = rows_of(export_day(SLATES, site, DAY))

    assert (row["clicked"], row["latency_us"], row["experiment_id"]) == (1, 900, None)
    assert row["items"] == "[]"


def test_export_day__read_as_a_dataset__knows_its_sites_and_days(site: Site) -> None:
    store_events(site, 40, 41)
    for ago in (40, 41):
        export_day(EVENTS, site, days_ago(ago))

    found = ds.dataset(files.folder() / "events", partitioning="hive").to_table()

    assert found.num_rows == 6
    assert set(found.column("site").to_pylist()) == {"shop"}


def test_export_day__changed_after__is_replaced_whole(site: Site) -> None:
    store_events(site, 40)
    before = export_day(EVENTS, site, DAY)
    Event.objects.filter(visitor_id="v-1").update(refunded=77)
    store_events(site, 40, count=1)
    assert not is_current(EVENTS, before, sums_now(EVENTS, site, DAY))

    after = export_day(EVENTS, site, DAY)

    assert is_current(EVENTS, after, sums_now(EVENTS, site, DAY))
    assert (after.pk, after.n_rows) == (before.pk, 4)
    assert sorted(row["refunded"] for row in rows_of(after)) == [0, 0, 2, 77]
    assert [path.name for path in (files.folder() / after.file).parent.iterdir()] == [
        "part-0.parquet"
    ]


def test_export_day__many_rows__fill_several_row_groups(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ROWS", 10)
    monkeypatch.setattr(files, "GROUP", 20)
    store_events(site, 40, count=45)

    exported = export_day(EVENTS, site, DAY)

    file = pq.ParquetFile(files.folder() / exported.file)
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert sizes == [20, 20, 5]
    assert is_current(EVENTS, exported, sums_now(EVENTS, site, DAY))


def test_export_day__fails_midway__leaves_the_file_that_was_there(
    site: Site, tmp_path: Path
) -> None:
    store_events(site, 40)
    exported = export_day(EVENTS, site, DAY)

    def broken() -> Any:
        yield next(files.read_batches(files.folder() / exported.file))
        raise RuntimeError("the disk went away")

    with pytest.raises(RuntimeError):
        files.write_batches(files.folder() / exported.file, EVENTS.schema, broken())

    check_file(exported)
    assert len(list((files.folder() / exported.file).parent.iterdir())) == 1


def test_check_file__damaged_or_missing__says_which(site: Site) -> None:
    store_events(site, 40)
    exported = export_day(EVENTS, site, DAY)
    path = files.folder() / exported.file

    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ExportError, match="was changed"):
        check_file(exported)
    path.unlink()
    with pytest.raises(ExportError, match="is missing"):
        check_file(exported)


def test_check_file__replaced_before_it_was_put_on_record__is_taken_over(site: Site) -> None:
    store_events(site, 40)
    before = export_day(EVENTS, site, DAY)
    store_events(site, 40, count=1)
    after = export_day(EVENTS, site, DAY)
    ExportedDay.objects.filter(pk=after.pk).update(sha256=before.sha256, n_rows=before.n_rows)
    known = ExportedDay.objects.get(pk=after.pk)

    check_file(known)

    assert (known.sha256, known.n_rows) == (after.sha256, 4)
