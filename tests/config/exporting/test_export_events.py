"""`export_events`: every form, there and back by `import_events`, and what cannot be written."""

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from experiments.models import Event, ExportedDay, LedgerEntry, Site
from tests.config.importing.bringing import bring
from tests.factories import a_site
from tests.rows import a_slate, an_event

NOW = datetime(2026, 11, 20, 12, 0, 0, 250, tzinfo=UTC)
FORMS = ("csv", "jsonl", "parquet")
ODD_IDS = ("=1+1", "'=1+1", "'plain", "@home", "null", "true", "007", "naïve ☃", "a\nb", '"q"')
APART = ("id", "site_id", "received_at", "api_key_id")

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def other() -> Site:
    return a_site("other")


def fill(site: Site) -> None:
    """Store events with every kind of value, some of years ago."""
    rows = [
        an_event(site, "view_item", NOW - timedelta(days=number), visitor_id=odd, item_id=odd)
        for number, odd in enumerate(ODD_IDS)
    ]
    refs = [uuid4() for _ in range(2)]
    rows += [
        an_event(
            site,
            "purchase",
            NOW - timedelta(days=900),
            event_id=refs[0],
            visitor_id="v-1",
            account_id="a-1",
            session_id="s-1",
            request_id=uuid4(),
            rank=3,
            items=[{"item_id": "sku-1", "quantity": 2, "price": 999}, {"item_id": "sku-2"}],
            quantity=3,
            amount=10**13,
            currency="EUR",
            order_id="o-1",
            order_ref="o-1",
            attributes={"plan": "member", "n": 1.5, "none": None},
            properties={"deep": {"list": [1, True, "=x"]}},
            is_verified=False,
            traffic="bot",
        ),
        an_event(
            site, "refund", NOW, event_id=refs[1], amount=0, currency="EUR", order_ref=str(refs[1])
        ),
    ]
    for row in rows:
        row.order_ref = row.order_ref or str(row.event_id)
        row.items = [{"quantity": 1, "price": None, **line} for line in row.items]
    Event.objects.bulk_create(rows)


def rows_of(site: Site) -> list[dict[str, Any]]:
    rows = Event.objects.filter(site=site).order_by("event_id").values()
    return [{name: value for name, value in row.items() if name not in APART} for row in rows]


def export(site: Site, out: Path, **options: Any) -> Path:
    call_command("export_events", site=site.slug, out=out, stdout=StringIO(), **options)
    return out


@pytest.mark.parametrize("form", FORMS)
def test_round_trip__into_another_site__gives_equal_rows(
    form: str, site: Site, other: Site, tmp_path: Path
) -> None:
    fill(site)
    path = export(site, tmp_path / f"events.{form}", format=form)

    summary = bring(other, path)

    assert rows_of(other) == rows_of(site)
    assert (summary["rows"], summary["stored"]) == (12, 12)
    again = bring(other, path)
    assert (again["stored"], again["known"], again["differing"]) == (0, 12, 0)
    assert LedgerEntry.objects.filter(site=other).count() == 12


def test_export__csv__has_no_formula_and_quotes_all(site: Site, tmp_path: Path) -> None:
    fill(site)
    text = export(site, tmp_path / "events.csv").read_text()

    cells = [cell for row in csv.reader(StringIO(text)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert '"10000000000000"' in text
    assert text.startswith('"event_id","type","occurred_at"')


def test_export__parquet__has_typed_columns(site: Site, tmp_path: Path) -> None:
    fill(site)

    found = pq.ParquetFile(export(site, tmp_path / "e.parquet", format="parquet")).read()

    types = {field.name: str(field.type) for field in found.schema}
    assert types["occurred_at"] == "timestamp[us, tz=UTC]"
    assert (types["amount"], types["is_verified"], types["items"]) == ("int64", "bool", "string")
    assert found.num_rows == 12


def test_export__span_of_days__holds_both_ends(site: Site, tmp_path: Path) -> None:
    fill(site)

    path = export(site, tmp_path / "e.jsonl", format="jsonl", first="2026-11-18", last="2026-11-19")

    days = {json.loads(line)["day"] for line in path.read_text().splitlines()}
    assert days == {"2026-11-18", "2026-11-19"}


def test_export__slates__are_written(site: Site, tmp_path: Path) -> None:
    a_slate(site, NOW, items=[{"item_id": "sku-1", "rank": 1}], clicked=1).save()

    path = export(site, tmp_path / "s.jsonl", format="jsonl", table="slates")

    (slate,) = [json.loads(line) for line in path.read_text().splitlines()]
    assert (slate["placement"], slate["clicked"], slate["latency_us"]) == ("home", 1, 0)
    assert slate["items"] == [{"item_id": "sku-1", "rank": 1}]


def test_export__days_that_were_dropped__are_named(site: Site, tmp_path: Path) -> None:
    err = StringIO()
    ExportedDay.objects.create(
        site=site, table="events", day="2026-01-02", n_rows=1, exported_at=NOW, dropped_at=NOW
    )

    call_command(
        "export_events", site="shop", out=tmp_path / "e.csv", stdout=StringIO(), stderr=err
    )

    assert "1 days of this span, 2026-01-02 to 2026-01-02, were dropped" in err.getvalue()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"site": "none"}, "there is no site 'none'; known: shop"),
        ({"first": "20.11.2026"}, "--from takes a day such as 2026-11-20; got '20.11.2026'"),
        ({"out": Path("/nowhere/e.csv")}, "/nowhere/e.csv cannot be written"),
    ],
)
@pytest.mark.usefixtures("site")
def test_export__what_cannot_be__is_said(
    options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=said.split(";")[0]):
        call_command("export_events", **({"site": "shop", "out": tmp_path / "e.csv"} | options))
