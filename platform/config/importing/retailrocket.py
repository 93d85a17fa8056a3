"""RetailRocket: views, carts and transactions of a shop whose prices are unknown.

A transaction is a purchase without an amount; items have an id and nothing else.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import ClassVar
from uuid import UUID

from config.importing.files import Row, locate, read_rows, require_columns
from config.importing.records import (
    BadRow,
    Figures,
    RejectedRow,
    SiteDefaults,
    SourceError,
    file_identity,
    row_id,
)
from experiments.clock import EPOCH, MICROSECOND
from experiments.intake.importing import EventRecord
from recommenders.catalogue import ItemRecord

FILES = ("events.csv", "sample_events.csv")
COLUMNS = ("timestamp", "visitorid", "event", "itemid", "transactionid")
TYPES = {"view": "view_item", "addtocart": "add_to_cart", "transaction": "purchase"}
MAX_ID = 256


class RetailRocket:
    """The events file, or the folder that holds it (and perhaps category_tree.csv)."""

    # Its prices are unknown; a site needs some currency.
    defaults: ClassVar[SiteDefaults] = SiteDefaults("RetailRocket", "EUR")

    def __init__(self, path: Path) -> None:
        self.path = locate(path, FILES)
        self._rows = 0
        self._by_type: Counter[str] = Counter()
        self._by_visitor: Counter[str] = Counter()
        self._visitors: dict[str, set[str]] = defaultdict(set)
        self._items: set[str] = set()
        self._orders: set[str] = set()
        self._texts: set[str] = set()
        self._span: tuple[datetime, datetime] | None = None

    def events(self, *, currency: str) -> Iterator[EventRecord | RejectedRow]:
        """Yield one event per row; raises SourceError when the columns are others."""
        rows = read_rows(self.path)
        places = require_columns(next(rows, None), COLUMNS)
        identity: UUID | None = None
        for number, row in enumerate(rows, start=1):
            self._rows += 1
            identity = identity or file_identity("retailrocket", row.raw)
            self._texts.add(row.raw)
            try:
                event = event_of(row, places, row_id(identity, number))
            except BadRow as bad:
                yield RejectedRow(row.file, row.line, bad.reason, row.raw)
            else:
                self._count(event)
                yield event

    def _count(self, event: EventRecord) -> None:
        self._by_type[event.type] += 1
        self._by_visitor[event.visitor_id] += 1
        self._visitors[event.type].add(event.visitor_id)
        self._items.add(event.item_id or event.items[0][0])
        if event.order_id:
            self._orders.add(event.order_id)
        first, last = self._span or (event.occurred_at, event.occurred_at)
        self._span = min(first, event.occurred_at), max(last, event.occurred_at)

    def items(self) -> Iterator[ItemRecord]:
        """Yield the items that the events name; the data set has no titles."""
        for item_id in sorted(self._items):
            yield ItemRecord(item_id=item_id, title=f"Item {item_id}")

    def figures(self) -> Figures:
        """Return the counts that are published for this data set."""
        return {
            "rows": self._rows,
            "view_rows": self._by_type["view_item"],
            "addtocart_rows": self._by_type["add_to_cart"],
            "transaction_rows": self._by_type["purchase"],
            "visitors": len(self._by_visitor),
            "items": len(self._items),
            "transaction_ids": len(self._orders),
            "visitors_with_addtocart": len(self._visitors["add_to_cart"]),
            "buyers": len(self._visitors["purchase"]),
            "first_day": self._span[0].date().isoformat() if self._span else "",
            "last_day": self._span[1].date().isoformat() if self._span else "",
            "exact_duplicate_rows": self._rows - len(self._texts),
            "most_events_of_a_visitor": max(self._by_visitor.values(), default=0),
            "median_events_of_a_visitor": f"{median(self._by_visitor.values() or [0]):g}",
            **self._categories(),
        }

    def _categories(self) -> Figures:
        """Return the size of the category tree, where the folder has one."""
        try:
            path = locate(self.path.parent, ("category_tree.csv",))
        except SourceError:
            return {}
        rows = read_rows(path)
        places = require_columns(next(rows, None), ("categoryid", "parentid"))
        parents = [row.cells[places["parentid"]].strip() for row in rows if len(row.cells) > 1]
        return {"categories": len(parents), "root_categories": parents.count("")}


def event_of(row: Row, places: dict[str, int], event_id: UUID) -> EventRecord:
    """Return the event of one row; raises BadRow."""
    if row.problem:
        raise BadRow(row.problem)
    if len(row.cells) <= max(places.values()):
        raise BadRow("columns")
    cells = {name: row.cells[place].strip() for name, place in places.items()}
    if cells["event"] not in TYPES:
        raise BadRow("event_unknown")
    order_id = cells["transactionid"].removesuffix(".0")
    is_purchase = cells["event"] == "transaction"
    if is_purchase and not order_id:
        raise BadRow("transaction_missing")
    item_id = _id(cells["itemid"], "item")
    return EventRecord(
        event_id=event_id,
        type=TYPES[cells["event"]],
        occurred_at=_moment(cells["timestamp"]),
        visitor_id=_id(cells["visitorid"], "visitor"),
        item_id="" if is_purchase else item_id,
        items=((item_id, 1, None),) if is_purchase else (),
        order_id=order_id[:MAX_ID] if is_purchase else "",
    )


def _id(text: str, name: str) -> str:
    if not text:
        raise BadRow(f"{name}_missing")
    if len(text) > MAX_ID:
        raise BadRow(f"{name}_too_long")
    return text


def _moment(milliseconds: str) -> datetime:
    """Return the moment of a Unix time in milliseconds, exactly."""
    try:
        return (EPOCH + int(milliseconds) * 1_000 * MICROSECOND).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRow("timestamp_invalid") from None
