"""`export_events` and `import_events`: there and back, refusals, and going on after a kill."""

import csv
import gzip
import json
import zipfile
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from config.importing import event_run
from config.importing.event_rows import EventFile
from config.importing.event_run import import_files
from config.importing.records import SourceError
from experiments.models import Event, ExportedDay, LedgerEntry, Site
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


def bring(site: Site, *paths: Path, **options: Any) -> dict[str, Any]:
    """Import files and return the summary."""
    out = StringIO()
    call_command("import_events", *paths, site=site.slug, json=True, stdout=out, **options)
    summary: dict[str, Any] = json.loads(out.getvalue())
    return summary


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


def a_row(**fields: Any) -> dict[str, Any]:
    row = {"event_id": str(uuid4()), "type": "view_item", "occurred_at": "2026-11-20T12:00:00Z"}
    return row | {"visitor_id": "v-1"} | fields


def write_lines(path: Path, *rows: Any) -> Path:
    path.write_text(
        "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    )
    return path


REFUSED = [
    (a_row(type="purchase"), "missing_value", "value", None),
    (a_row(amount=-5), "negative_amount", "value.amount", -5),
    (a_row(amount=5, currency="USD"), "currency_mismatch", "value.currency", "USD"),
    (a_row(occurred_at="yesterday"), "invalid_field", "occurred_at", "yesterday"),
    (a_row(rank=0), "out_of_range", "rank", 0),
    (a_row(colour="red"), "unknown_field", "colour", "red"),
    (a_row(event_id="x"), "invalid_field", "event_id", "x"),
    (a_row(properties={"text": "x" * 300}), "too_long", "properties.text", None),
    ("[1, 2]", "not_an_object", "", None),
    ("{", "invalid_json", "", None),
]


@pytest.mark.parametrize(("row", "code", "name", "given"), REFUSED)
def test_import__row_that_the_endpoint_refuses__is_put_aside_with_the_reason(
    row: Any, code: str, name: str, given: Any, site: Site, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "e.jsonl", a_row(), row, a_row())

    with pytest.raises(CommandError, match="1 rows were refused"):
        bring(site, path, rejects=tmp_path / "bad.jsonl")

    (refused,) = [json.loads(line) for line in (tmp_path / "bad.jsonl").read_text().splitlines()]
    assert (refused["line"], refused["code"], refused.get("field", "")) == (2, code, name)
    assert refused.get("given") == given or given is None
    assert Event.objects.count() == 2


def test_import__purchase_of_unknown_value__is_taken_when_asked(site: Site, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "e.jsonl", a_row(type="purchase"))

    assert bring(site, path, without_amounts=True)["stored"] == 1
    assert Event.objects.get().amount is None


def test_import__rows_without_an_id__get_the_same_one_each_time(
    site: Site, other: Site, tmp_path: Path
) -> None:
    rows = [a_row(event_id=None, item_id=f"sku-{number}") for number in range(3)]
    path = write_lines(tmp_path / "e.jsonl", *rows)

    assert bring(site, path)["stored"] == 3
    ids = set(Event.objects.values_list("event_id", flat=True))
    write_lines(path, *rows, a_row())
    assert bring(site, path)["known"] == 3
    bring(other, path)

    assert len(ids) == 3
    assert not ids & set(other_ids(other, ids))


def other_ids(site: Site, ids: set[Any]) -> list[Any]:
    found = Event.objects.filter(site=site, event_id__in=ids)
    return list(found.values_list("event_id", flat=True))


def test_import__columns_of_another_name__are_mapped_and_others_left_out(
    site: Site, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("when,who,kind,cents,colour\n2020-01-02T03:04:05Z,v-9,purchase,1999,red\n")

    summary = bring(
        site, path, map=["occurred_at=when", "visitor_id=who", "type=kind", "amount=cents"]
    )

    assert summary["stored"] == 1
    event = Event.objects.get()
    assert (event.visitor_id, event.amount, event.day) == ("v-9", 1999, "2020-01-02")


def test_import__unknown_field_of_a_mapping__is_refused_at_once(site: Site, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "e.jsonl", a_row())

    with pytest.raises(CommandError, match="events have no field 'colour'"):
        bring(site, path, map=["colour=color"])
    with pytest.raises(CommandError, match="--map takes FIELD=COLUMN"):
        bring(site, path, map=["colour"])


def test_import__refund_and_account__find_what_they_belong_to(site: Site, tmp_path: Path) -> None:
    known = a_row(account_id="a-1", occurred_at="2026-11-01T12:00:00Z")
    bought = a_row(type="purchase", order_id="o-1", amount=900, visitor_id=None, account_id="a-1")
    back = a_row(type="refund", order_id="o-1", amount=300, occurred_at="2026-11-21T12:00:00Z")
    path = write_lines(tmp_path / "e.jsonl", back, bought, known)

    bring(site, path)

    purchase = Event.objects.get(type="purchase")
    assert (purchase.refunded, purchase.visitor_id) == (300, "v-1")
    assert purchase.borrowed == Event.Borrowed.VISITOR


def test_import__click_that_quotes_a_list__marks_it(site: Site, tmp_path: Path) -> None:
    slate = a_slate(site, NOW, visitor_id="v-7")
    slate.save()
    click = a_row(type="select_item", visitor_id=None, request_id=str(slate.request_id))

    bring(site, write_lines(tmp_path / "e.jsonl", click))

    slate.refresh_from_db()
    assert slate.clicked == 1
    assert Event.objects.get().visitor_id == "v-7"


@pytest.mark.parametrize("suffix", ["gz", "zip"])
def test_import__packed_file__is_read(suffix: str, site: Site, tmp_path: Path) -> None:
    plain = write_lines(tmp_path / "e.jsonl", a_row(), a_row())
    packed = tmp_path / f"e.jsonl.{suffix}"
    if suffix == "gz":
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(plain, "e.jsonl")

    assert bring(site, packed)["stored"] == 2


def test_import__damaged_archive__is_said(site: Site, tmp_path: Path) -> None:
    bad = tmp_path / "e.jsonl.zip"
    bad.write_bytes(b"PK no archive")
    two = tmp_path / "two.csv.zip"
    with zipfile.ZipFile(two, "w") as archive:
        archive.writestr("a.csv", "")
        archive.writestr("b.csv", "")

    with pytest.raises(CommandError, match=r"e\.jsonl\.zip cannot be read"):
        bring(site, bad)
    with pytest.raises(CommandError, match="holds 2 files"):
        bring(site, two)


@pytest.mark.parametrize(
    ("name", "said"), [("none.csv", "there is no file at"), ("e.txt", "ends in none of")]
)
def test_import__no_such_file__is_said(name: str, said: str, site: Site, tmp_path: Path) -> None:
    (tmp_path / "e.txt").write_text("")

    with pytest.raises(CommandError, match=said):
        bring(site, tmp_path / name)


def test_import__ended_amid_a_file__goes_on_where_it_was(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_run, "BATCH", 10)
    rows = [a_row(rank=0 if number % 8 == 3 else None) for number in range(45)]
    file = EventFile(write_lines(tmp_path / "e.jsonl", *rows))
    rejects = tmp_path / "bad.jsonl"
    with pytest.raises(KeyboardInterrupt):
        import_files([file], site=site, rejects=rejects, progress=interrupt_after(30))
    assert Event.objects.count() == 26
    with rejects.open("a") as stream:
        stream.write('{"half a line of the batch that was not commit')

    done = import_files([file], site=site, rejects=rejects)

    assert (done.rows, done.resumed) == (45, 30)
    assert (done.count.stored, done.count.known) == (39, 0)
    assert dict(done.rejected) == {"out_of_range:rank": 6}
    lines = [json.loads(line)["line"] for line in rejects.read_text().splitlines()]
    assert lines == [4, 12, 20, 28, 36, 44]
    assert Event.objects.count() == 39
    assert not list((tmp_path / "imports").glob("*.json"))


def interrupt_after(rows: int) -> Any:
    """Return a progress that raises like Ctrl-C once so many rows are done."""
    done: list[int] = []

    def tell(n_rows: int) -> None:
        done.append(n_rows)
        if sum(done) >= rows:
            raise KeyboardInterrupt

    return tell


def test_import__another_file_of_that_name__begins_anew(site: Site, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "e.jsonl", a_row())
    rejects = tmp_path / "bad.jsonl"
    with pytest.raises(KeyboardInterrupt):
        import_files([EventFile(path)], site=site, rejects=rejects, progress=interrupt_after(1))
    write_lines(path, a_row(), a_row())

    done = import_files([EventFile(path)], site=site, rejects=rejects)

    assert (done.resumed, done.count.stored) == (0, 2)


def test_import__unreadable_parquet__is_said(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    path.write_bytes(b"PAR1 not really")

    with pytest.raises(SourceError, match=r"e\.parquet cannot be read"):
        import_files([EventFile(path)], site=site, rejects=tmp_path / "bad.jsonl")
