"""`import_events`: refusals, what events belong to, odd files, and going on after a kill."""

import gzip
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError

from config.importing import resumable
from config.importing.event_rows import EventFile
from config.importing.event_run import import_files
from config.importing.records import SourceError
from experiments.models import Event, Site
from tests.config.importing.bringing import bring
from tests.factories import a_site
from tests.rows import a_slate

NOW = datetime(2026, 11, 20, 12, 0, 0, 250, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def other() -> Site:
    return a_site("other")


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
    monkeypatch.setattr(resumable, "BATCH", 10)
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
