"""Online Retail: what every kind of row becomes, and why a bad one is not taken."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.importing.online_retail import OnlineRetail
from config.importing.records import RejectedRow, SourceError, file_identity, row_id
from experiments.intake.importing import EventRecord
from recommenders.catalogue import ItemRecord

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
GOOD = "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def source_of(folder: Path, *lines: str) -> OnlineRetail:
    (folder / "online_retail.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    return OnlineRetail(folder)


def only_event(folder: Path, line: str) -> EventRecord:
    [event] = source_of(folder, line).events(currency="GBP")
    assert isinstance(event, EventRecord)
    return event


def test_events__sold_line__is_a_purchase(tmp_path: Path) -> None:
    event = only_event(tmp_path, GOOD)

    assert event == EventRecord(
        event_id=row_id(file_identity("online-retail", GOOD), 1),
        type="purchase",
        occurred_at=datetime(2010, 12, 1, 8, 26, tzinfo=UTC),
        visitor_id="17850",
        items=(("85123A", 6, 255),),
        quantity=6,
        amount=1530,
        order_id="536365",
        attributes={"country": "United Kingdom"},
    )


def test_events__summer_time__is_an_hour_earlier_in_utc(tmp_path: Path) -> None:
    event = only_event(tmp_path, GOOD.replace("2010-12-01 08:26:00", "2011-07-01 00:30:00"))

    assert event.occurred_at == datetime(2011, 6, 30, 23, 30, tzinfo=UTC)


def test_events__date_of_the_well_known_copy__is_read(tmp_path: Path) -> None:
    event = only_event(tmp_path, GOOD.replace("2010-12-01 08:26:00", "12/1/2010 8:26"))

    assert event.occurred_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)


def test_events__row_without_customer__is_a_guest_of_its_invoice(tmp_path: Path) -> None:
    assert only_event(tmp_path, GOOD.replace("17850.0", "")).visitor_id == "guest-536365"


def test_events__cancellation__is_a_refund_with_a_positive_amount(tmp_path: Path) -> None:
    event = only_event(tmp_path, "C536379,D,Discount,-2,2010-12-01 09:41:00,27.5,14527.0,Spain")

    assert (event.type, event.amount, event.quantity) == ("refund", 5500, 2)
    assert event.properties == {"credit_note": "C536379"}
    assert (event.order_id, event.visitor_id, event.items) == (
        "",
        "14527",
        (("D", 2, 2750),),
    )


def test_events__negative_quantity_alone__corrects_the_stock(tmp_path: Path) -> None:
    event = only_event(tmp_path, "536589,21777,damaged,-10,2010-12-01 16:50:00,0.0,,United Kingdom")

    assert (event.type, event.visitor_id, event.amount) == ("stock_adjustment", "", None)
    assert (event.item_id, event.quantity) == ("21777", 10)
    assert event.properties["signed_quantity"] == -10
    assert event.properties["description"] == "damaged"


@pytest.mark.parametrize("price", ["11062.06", "-11062.06"])
def test_events__bad_debt__carries_no_amount(tmp_path: Path, price: str) -> None:
    event = only_event(tmp_path, f"A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,{price},,UK")

    assert (event.type, event.amount, event.visitor_id) == ("debt_adjustment", None, "")
    assert event.properties["unit_price"] == price


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [("0.001", 1, 0), ("0.125", 1, 12), ("0.135", 1, 14), ("0.125", 3, 38)],
)
def test_events__fraction_of_a_penny__is_rounded_by_row_to_even(
    tmp_path: Path, price: str, quantity: int, amount: int
) -> None:
    event = only_event(tmp_path, f"1,2,x,{quantity},2010-12-01 08:26:00,{price},,UK")

    assert event.amount == amount
    assert event.properties == {"unit_price": price}


def test_events__gift_beside_sold_lines__is_a_purchase_of_nothing(tmp_path: Path) -> None:
    sold = GOOD.replace("17850.0", "")
    source = source_of(tmp_path, sold, sold.replace("2.55", "0.0"))

    types = [
        (e.type, e.amount) for e in source.events(currency="GBP") if isinstance(e, EventRecord)
    ]

    assert types == [("purchase", 1530), ("purchase", 0)]


def test_events__invoice_with_neither_customer_nor_price__corrects_the_stock(
    tmp_path: Path,
) -> None:
    event = only_event(tmp_path, "536414,22139,found,56,2010-12-01 11:52:00,0.0,,United Kingdom")

    assert (event.type, event.visitor_id, event.amount) == ("stock_adjustment", "", None)


def test_events__known_customer_pays_nothing__is_a_purchase(tmp_path: Path) -> None:
    event = only_event(tmp_path, GOOD.replace("2.55", "0.0"))

    assert (event.type, event.visitor_id, event.amount) == ("purchase", "17850", 0)


BAD_ROWS = {
    "columns": "536365,85123A",
    "invoice_missing": GOOD.replace("536365", ""),
    "invoice_too_long": GOOD.replace("536365", "5" * 257),
    "stock_code_missing": GOOD.replace("85123A", " "),
    "quantity_invalid": GOOD.replace(",6,", ",six,"),
    "quantity_zero": GOOD.replace(",6,", ",0,"),
    "quantity_out_of_range": GOOD.replace(",6,", ",1000001,"),
    "date_invalid": GOOD.replace("2010-12-01", "2010-13-01"),
    "price_invalid": GOOD.replace("2.55", "NaN"),
    "price_negative": GOOD.replace("2.55", "-2.55"),
    "price_out_of_range": GOOD.replace("2.55", "1e12"),
    "amount_out_of_range": GOOD.replace("2.55", "1e11"),
    "cancellation_positive": "C" + GOOD,
    "nul_character": GOOD.replace("HEART", "HE\0ART"),
}


@pytest.mark.parametrize("reason", BAD_ROWS)
def test_events__bad_row__is_rejected_with_its_reason(tmp_path: Path, reason: str) -> None:
    source = source_of(tmp_path, GOOD, BAD_ROWS[reason], GOOD)

    first, second, third = source.events(currency="GBP")

    assert second == RejectedRow("online_retail.csv", 3, reason, BAD_ROWS[reason])
    assert isinstance(first, EventRecord)
    assert isinstance(third, EventRecord)
    assert third.event_id == row_id(file_identity("online-retail", GOOD), 3)
    assert source.figures()["rows"] == 3


def test_events__same_row_twice__are_two_events(tmp_path: Path) -> None:
    source = source_of(tmp_path, GOOD, GOOD)

    first, second = source.events(currency="GBP")

    assert isinstance(first, EventRecord)
    assert isinstance(second, EventRecord)
    assert first.event_id != second.event_id
    assert source.figures()["exact_duplicate_rows"] == 1


def test_events__other_currency__is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="prices are in GBP; the site counts in EUR"):
        list(source_of(tmp_path, GOOD).events(currency="EUR"))


def test_events__other_columns__are_refused(tmp_path: Path) -> None:
    (tmp_path / "online_retail.csv").write_text("a,b\n1,2\n")

    with pytest.raises(SourceError, match="lacks the columns InvoiceNo"):
        list(OnlineRetail(tmp_path).events(currency="GBP"))


def test_items__products_and_others__have_title_price_and_state(tmp_path: Path) -> None:
    source = source_of(
        tmp_path,
        GOOD,
        GOOD.replace("2.55", "2.95").replace("2010", "2011"),
        GOOD.replace("WHITE HEART", "white heart?").replace("2.55", "2.00"),
        GOOD,
        GOOD.replace("85123A", "POST"),
        GOOD.replace("85123A", "gift_0001_20"),
        "536589,21777,damaged,-10,2010-12-01 16:50:00,0.0,,United Kingdom",
    )
    list(source.events(currency="GBP"))

    items = {item.item_id: item for item in source.items()}

    assert items["85123A"] == ItemRecord("85123A", "WHITE HEART", price=295)
    assert not items["POST"].is_active
    assert not items["gift_0001_20"].is_active
    assert (items["21777"].title, items["21777"].is_active) == ("21777", False)
