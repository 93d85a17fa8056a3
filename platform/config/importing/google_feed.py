"""Google's product feed, RSS 2.0 or Atom, as rows of named cells.

Attributes: https://support.google.com/merchants/answer/7052112. Read as a stream, so that a feed of
any size takes the memory of one product; a document type, and so every entity, is refused.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from config.importing.files import UNREADABLE, open_bytes, text_problem
from config.importing.native_files import NativeRow
from config.importing.records import BadRow, SourceError

G = "{http://base.google.com/ns/1.0}"
PRODUCTS = frozenset({"item", "{http://www.w3.org/2005/Atom}entry"})
CHUNK = 1 << 16
# Beyond what any of our fields holds: such a product is refused for its length, not read whole.
MOST_TEXT, MOST_CELLS = 32_000, 200
# Ours by Google's; what an attribute of a product is called that has several names comes first.
FIELDS = {
    "item_id": ("id",),
    "title": ("title",),
    "description": ("description", "summary", "content"),
    "url": ("link",),
    "image_url": ("image_link",),
    "price": ("price",),
    "brand": ("brand",),
    "category": ("product_type", "google_product_category"),
}
DAY = re.compile(r"[0-9-]{8,10}")
IN_STOCK = frozenset({"in_stock", "preorder", "backorder", "limited_availability"})


def read_feed(path: Path) -> Iterator[NativeRow]:
    """Yield a feed's products, each with its attributes by Google's names; raises SourceError."""
    target = _Products(path.name)
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    target.line = lambda: int(parser.parser.CurrentLineNumber)
    try:
        with open_bytes(path) as stream:
            while chunk := stream.read(CHUNK):
                parser.feed(chunk)
                yield from target.take()
            parser.close()
    except DefusedXmlException:
        raise SourceError(
            f"{path.name} declares a document type, which no feed needs; entities are not read"
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        raise SourceError(f"{path.name} is no well-formed XML: {error}") from error
    except UNREADABLE as error:
        raise SourceError(f"{path.name} cannot be read: {error}") from error
    yield from target.take()
    if not target.is_feed:
        raise SourceError(f"{path.name} has neither <item> (RSS 2.0) nor <entry> (Atom)")


class _Products:
    """What the parser tells its products to, one after another; nothing else is kept."""

    def __init__(self, file: str) -> None:
        self.is_feed = False
        self.line: Any = lambda: 0
        self._file = file
        self._done: list[NativeRow] = []
        self._depth = 0  # below a product; 0 outside of one
        self._first_line = 0
        self._cells: dict[str, str] = {}
        self._text: list[str] = []
        self._size = 0

    def take(self) -> Iterator[NativeRow]:
        """Yield the products that were read to their end since the last call."""
        done, self._done = self._done, []
        yield from done

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin an element."""
        if self._depth:
            self._depth += 1
        elif tag in PRODUCTS:
            self.is_feed, self._depth, self._first_line = True, 1, self.line()
            self._cells = {}
        if self._depth == 2:
            self._text, self._size = [], 0
            if href := attributes.get("href"):  # Atom's link says it so
                self.data(href)

    def data(self, text: str) -> None:
        """Take in a piece of text."""
        if self._depth == 2 and self._size <= MOST_TEXT:
            self._text.append(text)
            self._size += len(text)

    def end(self, tag: str) -> None:
        """End an element."""
        if self._depth == 2 and len(self._cells) < MOST_CELLS:
            # The first of repeated ones counts, and Google's own before those of the format.
            self._cells.setdefault(tag, "".join(self._text).strip())
        elif self._depth == 1:
            self._done.append(self._row())
        self._depth = max(self._depth - 1, 0)

    def close(self) -> None:
        """End the document."""

    def _row(self) -> NativeRow:
        plain = {tag.rpartition("}")[2]: text for tag, text in self._cells.items()}
        own = {tag.removeprefix(G): v for tag, v in self._cells.items() if tag.startswith(G)}
        cells = plain | own
        raw = msgspec.json.encode(cells).decode()
        return NativeRow(cells, self._file, self._first_line, raw, text_problem(raw))


def item_cells(cells: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Return a product's cells by our names, its price as it is shown now.

    Raises BadRow on an availability or a time of sale that nobody can read.
    """
    named = {
        field: next((cells[name] for name in names if cells.get(name)), None)
        for field, names in FIELDS.items()
    }
    labels = [cells[f"custom_label_{n}"] for n in range(5) if cells.get(f"custom_label_{n}")]
    price = cells.get(price_attribute(cells, now=now))
    stock = _stock_of(cells.get("availability"))
    return named | {"price": price or None, "tags": labels, "stock": stock}


def price_attribute(cells: Mapping[str, Any], *, now: datetime) -> str:
    """Return which attribute holds the price that is shown now: the sale's while there is one.

    Without `sale_price_effective_date` a sale is on. That is a start and an end between which a
    slash stands, each ISO 8601; UTC without an offset, and the whole day without a time:
    https://support.google.com/merchants/answer/6324460. Raises BadRow on anything else.

    >>> price_attribute({"sale_price": "9 EUR"}, now=datetime(2026, 1, 1, tzinfo=UTC))
    'sale_price'
    """
    if not cells.get("sale_price"):
        return "price"
    start, _, end = str(cells.get("sale_price_effective_date") or "").partition("/")
    if not start and not end:
        return "sale_price"
    is_on = _moment(start) <= now < _moment(end, is_end=True)
    return "sale_price" if is_on else "price"


def _moment(text: str, *, is_end: bool = False) -> datetime:
    """Return a moment that a feed tells; of a day alone its beginning, or what comes after it."""
    text = text.strip()
    try:
        found = datetime.fromisoformat(text)
        day = timedelta(days=1) if is_end and DAY.fullmatch(text) else timedelta()
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found + day
    except (ValueError, OverflowError):
        raise BadRow("invalid_field:sale_price_effective_date") from None


def _stock_of(availability: str | None) -> int | None:
    """Return 0 for what is out of stock, None, which is not counted, for what can be ordered."""
    word = (availability or "in_stock").strip().lower().replace(" ", "_")
    if word in IN_STOCK:
        return None
    if word == "out_of_stock":
        return 0
    raise BadRow("invalid_field:availability")
