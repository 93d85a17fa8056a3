"""UCI Online Retail: one row per invoice line of a British gift shop, 2010 and 2011.

Every row becomes one event. Sold lines are purchases; cancelled ones (`C…`) refunds with a
positive amount. Lines with a negative quantity that cancel nothing, and invoices with neither a
customer nor a price, correct the stock; `A…` invoices adjust bad debt. These carry no amount, as
nobody bought or returned anything.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import ClassVar, NamedTuple
from uuid import UUID

from config.importing.files import Row, locate, read_rows, require_columns
from config.importing.online_retail_figures import RetailTally
from config.importing.online_retail_rows import MAX_ID, InvoiceLine, parse_line, pence
from config.importing.records import (
    BadRow,
    Figures,
    RejectedRow,
    SiteDefaults,
    SourceError,
    file_identity,
    row_id,
)
from experiments.intake.importing import EventRecord
from experiments.intake.shapes import MAX_AMOUNT
from recommenders.catalogue import ItemRecord

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
FILES = ("online_retail.csv", "Online Retail.csv", "data.csv")
# Postage, fees, samples, manual corrections, vouchers: bought, but never to be recommended.
NON_PRODUCTS = re.compile(
    r"POST|DOT|M|D|C2|S|B|PADS|CRUK|BANK CHARGES|AMAZONFEE|GIFT_.*|TEST.*|ADJUST.*", re.IGNORECASE
)


class OnlineRetail:
    """The data set at a path: the file itself, or a folder that holds it."""

    defaults: ClassVar[SiteDefaults] = SiteDefaults("Online Retail", "GBP", "Europe/London")

    def __init__(self, path: Path) -> None:
        self.path = locate(path, FILES)
        self.tally = RetailTally()
        self._titles: dict[str, Counter[str]] = defaultdict(Counter)
        self._prices: dict[str, tuple[datetime, int]] = {}

    def events(self, *, currency: str) -> Iterator[EventRecord | RejectedRow]:
        """Yield one event per row; raises SourceError when the columns are others."""
        if currency != "GBP":
            raise SourceError(f"its prices are in GBP; the site counts in {currency}")
        rows = read_rows(self.path)
        places = list(require_columns(next(rows, None), COLUMNS).values())
        for _invoice, group in groupby(self._parsed(rows, places), key=_invoice_of):
            yield from self._events_of(list(group))

    def _parsed(self, rows: Iterator[Row], places: Sequence[int]) -> "Iterator[_Parsed]":
        identity: UUID | None = None
        for number, row in enumerate(rows, start=1):
            identity = identity or file_identity("online-retail", row.raw)
            self.tally.see(row.raw)
            try:
                yield _Parsed(row, row_id(identity, number), parse_line(row, places))
            except BadRow as bad:
                yield _Parsed(row, identity, None, bad.reason)

    def _events_of(self, invoice: "Sequence[_Parsed]") -> Iterator[EventRecord | RejectedRow]:
        """Yield the events of neighbouring rows of one invoice."""
        has_buyer = any(parsed.line and parsed.line.is_priced_or_known for parsed in invoice)
        for row, event_id, line, reason in invoice:
            try:
                if line is None:
                    raise BadRow(reason)
                kind = line.kind if has_buyer or line.kind != "purchase" else "stock_adjustment"
                event = event_of(line, event_id, kind)
            except BadRow as bad:
                yield RejectedRow(row.file, row.line, bad.reason, row.raw)
            else:
                self.tally.add(line, event)
                self._learn(line)
                yield event

    def _learn(self, line: InvoiceLine) -> None:
        """Note the item's title and its latest selling price."""
        titles = self._titles[line.stock_code]
        if line.quantity > 0 and line.price > 0:
            titles[line.description] += 1
            known = self._prices.get(line.stock_code)
            if known is None or line.at >= known[0]:
                self._prices[line.stock_code] = line.at, pence(line.price)

    def items(self) -> Iterator[ItemRecord]:
        """Yield every stock code; what is no product, or was never sold, is not active."""
        for code in sorted(self._titles):
            titles = Counter({text: n for text, n in self._titles[code].items() if text})
            best = min(titles, key=lambda text: (-titles[text], text), default=code)
            price = self._prices.get(code)
            yield ItemRecord(
                item_id=code,
                title=best[:500],
                price=price[1] if price else None,
                is_active=price is not None and is_product(code),
            )

    def figures(self) -> Figures:
        """Return the counts that are published for this data set."""
        return self.tally.figures()


def is_product(code: str) -> bool:
    """Return whether a stock code is something a shopper can be recommended.

    >>> is_product("85123A"), is_product("DCGSSGIRL"), is_product("POST"), is_product("m")
    (True, True, False, False)
    """
    return NON_PRODUCTS.fullmatch(code) is None


class _Parsed(NamedTuple):
    """A row with its event id, and its line or the reason why it has none."""

    row: Row
    event_id: UUID
    line: InvoiceLine | None
    reason: str = ""


def _invoice_of(parsed: _Parsed) -> str:
    return parsed.line.invoice if parsed.line else ""


def event_of(line: InvoiceLine, event_id: UUID, kind: str) -> EventRecord:
    """Return the event of a row; raises BadRow when its amount is too much."""
    if pence(abs(line.value)) > MAX_AMOUNT:
        raise BadRow("amount_out_of_range")
    is_trade = kind in {"purchase", "refund"}
    count, price = abs(line.quantity), pence(abs(line.price))
    return EventRecord(
        event_id=event_id,
        type=kind,
        occurred_at=line.at,
        visitor_id=line.customer or (f"guest-{line.invoice}"[:MAX_ID] if is_trade else ""),
        item_id="" if is_trade else line.stock_code,
        items=((line.stock_code, count, price),) if is_trade else (),
        quantity=count,
        amount=pence(abs(line.value)) if is_trade else None,
        # A cancellation has a number of its own and names no order: it counts where it happened.
        order_id="" if kind == "refund" else line.invoice,
        attributes={"country": line.country} if line.country else {},
        properties=_properties(line, kind, is_trade=is_trade),
    )


def _properties(line: InvoiceLine, kind: str, *, is_trade: bool) -> dict[str, str | int]:
    """Return what whole pence and positive numbers cannot say, and a cancellation's number."""
    if is_trade:
        note: dict[str, str | int] = {"credit_note": line.invoice} if kind == "refund" else {}
        return note if line.price * 100 % 1 == 0 else {**note, "unit_price": str(line.price)}
    return {
        "signed_quantity": line.quantity,
        "unit_price": str(line.price),
        "description": line.description[:MAX_ID],
    }
