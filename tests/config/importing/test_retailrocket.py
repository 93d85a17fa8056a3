"""RetailRocket: views, carts, and transactions without a price."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.importing.records import RejectedRow, SourceError, file_identity, row_id
from config.importing.retailrocket import RetailRocket
from experiments.intake.importing import EventRecord
from recommenders.catalogue import ItemRecord

SHARED = Path(__file__).parents[4] / "shared" / "data" / "retailrocket-sample"
HEADER = "timestamp,visitorid,event,itemid,transactionid"
VIEW = "1433193132535,1134473,view,396045,"


def source_of(folder: Path, *lines: str) -> RetailRocket:
    (folder / "events.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    return RetailRocket(folder)


@pytest.mark.parametrize(("event", "type_"), [("view", "view_item"), ("addtocart", "add_to_cart")])
def test_events__look_at_an_item__has_its_type(tmp_path: Path, event: str, type_: str) -> None:
    line = VIEW.replace("view", event)
    [found] = source_of(tmp_path, line).events(currency="EUR")

    assert found == EventRecord(
        event_id=row_id(file_identity("retailrocket", line), 1),
        type=type_,
        occurred_at=datetime(2015, 6, 1, 21, 12, 12, 535_000, tzinfo=UTC),
        visitor_id="1134473",
        item_id="396045",
    )


def test_events__transaction__is_a_purchase_without_an_amount(tmp_path: Path) -> None:
    line = "1433440854985,1207981,transaction,350734,8693.0"
    [found] = source_of(tmp_path, line).events(currency="EUR")

    assert isinstance(found, EventRecord)
    assert (found.type, found.order_id, found.amount) == ("purchase", "8693", None)
    assert (found.item_id, found.items) == ("", (("350734", 1, None),))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1433193132535,1134473", "columns"),
        (VIEW.replace("view", "return"), "event_unknown"),
        (VIEW.replace("view", "transaction"), "transaction_missing"),
        (VIEW.replace("396045", ""), "item_missing"),
        (VIEW.replace("1134473", ""), "visitor_missing"),
        (VIEW.replace("1134473", "1" * 257), "visitor_too_long"),
        (VIEW.replace("1433193132535", "soon"), "timestamp_invalid"),
        (VIEW.replace("1433193132535", "9" * 25), "timestamp_invalid"),
    ],
)
def test_events__bad_row__is_rejected_with_its_reason(
    tmp_path: Path, line: str, reason: str
) -> None:
    rejected, good = source_of(tmp_path, line, VIEW).events(currency="EUR")

    assert rejected == RejectedRow("events.csv", 2, reason, line)
    assert isinstance(good, EventRecord)


def test_items__after_the_events__are_those_named(tmp_path: Path) -> None:
    source = source_of(tmp_path, VIEW, VIEW, "1433440854985,1,transaction,350734,8693.0")
    list(source.events(currency="EUR"))

    assert list(source.items()) == [
        ItemRecord("350734", "Item 350734"),
        ItemRecord("396045", "Item 396045"),
    ]


def test_source__no_events_file__is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no events\.csv or sample_events\.csv"):
        RetailRocket(tmp_path)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the RetailRocket sample is not beside the code")
def test_figures__real_file__are_those_published() -> None:
    source = RetailRocket(SHARED)
    rows = list(source.events(currency="EUR"))

    assert not any(isinstance(row, RejectedRow) for row in rows)
    assert len({row.event_id for row in rows if isinstance(row, EventRecord)}) == 9_385
    assert source.figures() == {
        "rows": 9_385,
        "view_rows": 9_076,
        "addtocart_rows": 263,
        "transaction_rows": 46,
        "visitors": 5_000,
        "items": 6_610,
        "transaction_ids": 40,
        "visitors_with_addtocart": 145,
        "buyers": 39,
        "first_day": "2015-05-03",
        "last_day": "2015-09-18",
        "exact_duplicate_rows": 3,
        "most_events_of_a_visitor": 55,
        "median_events_of_a_visitor": "1",
        "categories": 1_669,
        "root_categories": 25,
    }
