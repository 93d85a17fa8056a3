"""Our own field names for events and items, in CSV, Parquet or JSON lines (docs/native-format.md).

Rows are held to the rules of the HTTP interface, but may be of any age, and their purchases may
lack an amount.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from config.importing.native_files import SUFFIXES, NativeRow, read_table
from config.importing.records import BadRow, Figures, RejectedRow, SiteDefaults, SourceError
from experiments.intake.accepting import amount_of, rejection_of
from experiments.intake.importing import EventRecord
from experiments.intake.refusals import Refused, check_free_form
from experiments.intake.shapes import MAX_AMOUNT, EventIn, text_id
from recommenders.api.item_shapes import ItemIn
from recommenders.catalogue import ItemRecord

UNIT = ("visitor_id", "account_id")
VALUE = ("amount", "currency")
LISTS = ("tags", "markets")
NESTED = ("items", "attributes", "properties", *LISTS)
EVENT_FIELDS = frozenset(EventIn.__struct_fields__) | set(UNIT) | set(VALUE)
ITEM_FIELDS = frozenset(ItemIn.__struct_fields__)


@dataclass(frozen=True, slots=True)
class _Table:
    path: Path
    has_events: bool


class Native:
    """A file of events or of items, or a folder with `events.*` and `items.*`."""

    defaults: ClassVar[SiteDefaults] = SiteDefaults("")

    def __init__(self, path: Path) -> None:
        self._tables = [_Table(file, _has_events(file)) for file in _files_of(path)]
        self._counts: Counter[str] = Counter()

    def events(self, *, currency: str) -> Iterator[EventRecord | RejectedRow]:
        """Yield the events of every event file; amounts without a currency are the site's."""

        def convert(cells: Mapping[str, Any]) -> EventRecord:
            return event_of(cells, currency)

        for table in self._tables:
            if table.has_events:
                yield from self._convert(table.path, "event_rows", convert)

    def items(self) -> Iterator[ItemRecord | RejectedRow]:
        """Yield the items of every item file."""
        for table in self._tables:
            if not table.has_events:
                yield from self._convert(table.path, "item_rows", item_of)

    def _convert(
        self, path: Path, counted: str, convert: "Callable[[Mapping[str, Any]], Any]"
    ) -> Iterator[Any]:
        for row in read_table(path):
            self._counts[counted] += 1
            try:
                if row.problem:
                    raise BadRow(row.problem)
                yield convert(row.cells)
            except BadRow as bad:
                yield rejected(row, bad.reason)

    def figures(self) -> Figures:
        """Return how many rows the files held."""
        return {
            "files": len(self._tables),
            "rows": self._counts.total(),
            "event_rows": self._counts["event_rows"],
            "item_rows": self._counts["item_rows"],
        }


def rejected(row: NativeRow, reason: str) -> RejectedRow:
    """Return the rejection of a row."""
    return RejectedRow(row.file, row.line, reason, row.raw)


def _files_of(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SourceError(f"there is no file or folder at {path}")
    found = [
        file
        for file in sorted(path.iterdir())
        if file.name.startswith(("events.", "items.")) and file.name.endswith(SUFFIXES)
    ]
    if not found:
        raise SourceError(f"no events.* or items.* ({', '.join(SUFFIXES)}) in {path}")
    return found


def _has_events(path: Path) -> bool:
    """Return whether a file holds events; told by its first row's fields."""
    first = next(read_table(path), None)
    names = set(first.cells) if first else set()
    if path.name.startswith("events.") or {"event_id", "type"} <= names:
        return True
    if path.name.startswith("items.") or {"item_id", "title"} <= names:
        return False
    raise SourceError(
        f"{path.name} has neither event_id and type (events) nor item_id and title (items)"
    )


def event_of(cells: Mapping[str, Any], currency: str) -> EventRecord:
    """Return the event of a row; raises BadRow with a reason that names the field."""
    event = shaped_event(cells, currency)
    if event.value is not None and event.value.currency != currency:
        raise BadRow("currency_mismatch:currency")
    if (amount_of(event) or 0) > MAX_AMOUNT:
        raise BadRow("out_of_range:items")
    try:
        check_free_form("attributes", event.attributes)
        check_free_form("properties", event.properties)
    except Refused as refusal:
        raise BadRow(f"{refusal.code}:{refusal.field}") from None
    return record_of(event)


def shaped_event(cells: Mapping[str, Any], currency: str) -> EventIn:
    """Return a row in the shape of the HTTP interface, its values not yet checked.

    Raises BadRow with a reason that names the field.
    """
    _refuse_unknown(cells, EVENT_FIELDS)
    shaped: EventIn = _converted(_event_document(_unpacked(cells), currency), EventIn)
    return shaped


def _event_document(cells: dict[str, Any], currency: str) -> dict[str, Any]:
    """Return the row in the shape of the HTTP interface: unit and value are objects there."""
    unit = {name: cells.pop(name) for name in UNIT if name in cells}
    money = {name: cells.pop(name) for name in VALUE if name in cells}
    if "amount" in money:
        cells["value"] = {"currency": currency, **money}
    return {**cells, "unit": {**cells.get("unit", {}), **unit}}


def record_of(event: EventIn) -> EventRecord:
    """Return an event of the HTTP interface as one of the past."""
    return EventRecord(
        event_id=event.event_id,
        type=event.type,
        occurred_at=event.occurred_at,
        visitor_id=text_id(event.unit.visitor_id),
        account_id=text_id(event.unit.account_id),
        session_id=text_id(event.session_id),
        item_id=text_id(event.item_id),
        items=tuple(event.items),
        quantity=event.quantity,
        amount=event.value.amount if event.value else None,
        order_id=text_id(event.order_id),
        attributes=event.attributes,
        properties=event.properties,
        request_id=event.request_id,
        rank=event.rank,
    )


def item_of(cells: Mapping[str, Any]) -> ItemRecord:
    """Return the item of a row; raises BadRow with a reason that names the field."""
    _refuse_unknown(cells, ITEM_FIELDS)
    item: ItemIn = _converted(_unpacked(cells), ItemIn)
    return item.record()


def _refuse_unknown(cells: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := sorted(set(cells) - known):
        raise BadRow(f"unknown_field:{unknown[0]}"[:100])


def _unpacked(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells that hold something, nested ones decoded where they are JSON text."""
    out = {name: value for name, value in cells.items() if value is not None and value != ""}
    for name in NESTED:
        value = out.get(name)
        if isinstance(value, str):
            out[name] = _decoded(name, value)
    return out


def _decoded(name: str, text: str) -> Any:
    if name in LISTS and not text.startswith("["):
        return [one.strip() for one in text.split("|") if one.strip()]
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise BadRow(f"invalid_json:{name}") from None


def _converted(document: dict[str, Any], shape: type[Any]) -> Any:
    try:
        # CSV cells are text: "3" may stand for 3.
        return msgspec.convert(document, shape, strict=False)
    except msgspec.ValidationError as error:
        rejection = rejection_of(0, error)
        raise BadRow(f"{rejection.code}:{rejection.field or ''}".rstrip(":")) from None
