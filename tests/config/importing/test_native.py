"""Native files: the same rows in CSV, JSON lines and Parquet; why a bad one is not taken."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.importing.native import Native
from config.importing.records import RejectedRow, SourceError
from experiments.intake.importing import EventRecord
from experiments.intake.shapes import Line
from recommenders.catalogue import ItemRecord

AN_ID = "0192f0c1-7a2b-7cde-8f01-23456789abcd"
AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "event_id": AN_ID,
    "type": "purchase",
    "occurred_at": "2026-07-01T10:30:00+02:00",
    "visitor_id": "v-1",
    "items": [{"item_id": "sku-1", "quantity": 2, "price": 150}],
    "amount": 299,
    "currency": "EUR",
    "order_id": "17",
    "properties": {"channel": "web"},
}
ITEM: dict[str, Any] = {
    "item_id": "sku-1",
    "title": "Mug",
    "price": 150,
    "tags": ["blue", "gift"],
    "stock": 3,
    "is_active": False,
}


def as_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        for row in rows:
            nested = {k: json.dumps(v) for k, v in row.items() if isinstance(v, dict | list)}
            writer.writerow({**row, **nested})
    return path


def as_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def as_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    moments = {"occurred_at": AT} if "occurred_at" in rows[0] else {}
    pq.write_table(pa.Table.from_pylist([{**row, **moments} for row in rows]), path)
    return path


WRITERS = {"csv": as_csv, "jsonl": as_jsonl, "parquet": as_parquet}


@pytest.mark.parametrize("kind", WRITERS)
def test_events__in_each_kind_of_file__are_the_same(tmp_path: Path, kind: str) -> None:
    source = Native(WRITERS[kind](tmp_path / f"july.{kind}", [EVENT]))

    [event] = source.events(currency="EUR")

    assert event == EventRecord(
        event_id=UUID(AN_ID),
        type="purchase",
        occurred_at=AT,
        visitor_id="v-1",
        items=(Line("sku-1", 2, 150),),
        amount=299,
        order_id="17",
        properties={"channel": "web"},
    )
    assert source.figures() == {"files": 1, "rows": 1, "event_rows": 1, "item_rows": 0}


@pytest.mark.parametrize("kind", WRITERS)
def test_items__in_each_kind_of_file__are_the_same(tmp_path: Path, kind: str) -> None:
    source = Native(WRITERS[kind](tmp_path / f"catalogue.{kind}", [ITEM]))

    assert list(source.items()) == [
        ItemRecord("sku-1", "Mug", price=150, tags=("blue", "gift"), stock=3, is_active=False)
    ]
    assert list(source.events(currency="EUR")) == []


def test_items__tags_as_text__are_parted_by_bars(tmp_path: Path) -> None:
    source = Native(as_csv(tmp_path / "items.csv", [{**ITEM, "tags": "blue | gift"}]))

    [item] = source.items()

    assert isinstance(item, ItemRecord)
    assert item.tags == ("blue", "gift")


def test_events__shape_of_the_interface__is_taken_too(tmp_path: Path) -> None:
    sent = {k: v for k, v in EVENT.items() if k not in {"visitor_id", "amount", "currency"}}
    sent |= {"unit": {"visitor_id": "v-1"}, "value": {"amount": 299, "currency": "EUR"}}

    [event] = Native(as_jsonl(tmp_path / "events.jsonl", [sent])).events(currency="EUR")

    assert isinstance(event, EventRecord)
    assert (event.visitor_id, event.amount) == ("v-1", 299)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"event_id": None}, "missing_field:event_id"),
        ({"event_id": "17"}, "invalid_field:event_id"),
        ({"occurred_at": "2026-07-01T10:30:00"}, "invalid_field:occurred_at"),
        ({"type": "Purchase!"}, "invalid_field:type"),
        ({"amount": -1}, "negative_amount:value.amount"),
        ({"amount": 10**30}, "out_of_range:value.amount"),
        ({"currency": "USD"}, "currency_mismatch:currency"),
        ({"visitor_id": "v" * 257}, "invalid_length:unit.visitor_id"),
        ({"items": "[{"}, "invalid_json:items"),
        ({"items": [{"quantity": 1}]}, "missing_field:items[0].item_id"),
        ({"properties": {"note": "x" * 300}}, "too_long:properties.note"),
        ({"colour": "blue"}, "unknown_field:colour"),
        ({"visitor_id": "a\0b"}, "nul_character"),
    ],
)
def test_events__bad_row__is_rejected_with_reason_and_field(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    path = as_jsonl(tmp_path / "events.jsonl", [{**EVENT, **change}, EVENT])

    rejected, good = Native(path).events(currency="EUR")

    assert isinstance(rejected, RejectedRow)
    assert (rejected.file, rejected.line, rejected.reason) == ("events.jsonl", 1, reason)
    assert isinstance(good, EventRecord)


@pytest.mark.parametrize(
    ("line", "reason"), [("{", "invalid_json"), ("[1]", "not_an_object"), ("[" * 5000, None)]
)
def test_events__line_that_is_no_object__is_rejected(
    tmp_path: Path, line: str, reason: str | None
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(f"{json.dumps(EVENT)}\n{line}\n")

    _good, rejected = Native(path).events(currency="EUR")

    assert isinstance(rejected, RejectedRow)
    assert rejected.raw == line
    assert rejected.reason == (reason or "invalid_json")


def test_items__without_title__are_rejected_by_field(tmp_path: Path) -> None:
    [rejected] = Native(as_csv(tmp_path / "items.csv", [{**ITEM, "title": ""}])).items()

    assert isinstance(rejected, RejectedRow)
    assert rejected.reason == "missing_field:title"


def test_source__folder__reads_its_events_and_items(tmp_path: Path) -> None:
    as_jsonl(tmp_path / "events.2026-07.jsonl", [EVENT])
    as_csv(tmp_path / "items.csv", [ITEM])
    (tmp_path / "notes.txt").write_text("not data")
    source = Native(tmp_path)

    assert len(list(source.events(currency="EUR"))) == 1
    assert len(list(source.items())) == 1
    assert source.figures()["files"] == 2


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("events.xlsx", "x", "ends in none of"),
        ("data.csv", "a,b\n1,2\n", "neither event_id and type"),
        ("events.csv", "type,type\na,b\n", "two of one name"),
        ("events.parquet", "not parquet", "cannot be read"),
    ],
)
def test_source__file_of_another_kind__says_what_is_wrong(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(SourceError, match=message):
        list(Native(path).events(currency="EUR"))
