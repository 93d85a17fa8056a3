"""Rows of a catalogue file as items, each held to the rules of the endpoint for items."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from config.importing.cells import unguarded
from config.importing.columns import renamed
from config.importing.google_feed import item_cells, price_attribute, read_feed
from config.importing.native import ITEM_FIELDS, item_of
from config.importing.native_files import FORMS as TABLES
from config.importing.native_files import NativeRow, form_of, read_table
from config.importing.prices import minor_price
from config.importing.records import BadRow
from config.importing.refused import RefusedRow, refused_row
from recommenders.catalogue import ItemRecord

GOOGLE = "google"
FORMS = (*TABLES, GOOGLE)
MAX_CATEGORY = 200
STEP = re.compile(r"\s*>>\s*|\s+>\s+")
# Of several the first is taken: one image is shown, one category is learned from.
ONE_OF_MANY = ("category", "image_url")


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """A file of items: where it is, its form, and how its cells are written.

    `columns`: field to column, for files with names of their own; columns beside them are then left
    out. `in_major`: prices are written in the currency (19.99), not in minor units (1999).
    """

    path: Path
    form: str
    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ","
    decimal: str = "."
    in_major: bool = False


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """What a row came to; `item_id`: the item it is about, "" where nobody can tell."""

    item_id: str
    outcome: ItemRecord | RefusedRow


def form_of_catalogue(path: Path) -> str:
    """Return the form that a file's name tells; raises SourceError."""
    name = path.name.removesuffix(".gz").removesuffix(".zip")
    return GOOGLE if name.endswith(".xml") else form_of(path)


def read_catalogue(file: CatalogueFile, currency: str) -> Iterator[CatalogueRow]:
    """Yield each row as an item or as refused, in the file's order; raises SourceError.

    Rows whose cells are all empty are read over.
    """
    for row in _rows(file):
        if row.problem or any(value not in ("", None) for value in row.cells.values()):
            yield _read(row, file, currency)


def _rows(file: CatalogueFile) -> Iterator[NativeRow]:
    if file.form == GOOGLE:
        return read_feed(file.path)
    return read_table(file.path, file.form, delimiter=file.delimiter, needs_names=not file.columns)


def _read(row: NativeRow, file: CatalogueFile, currency: str) -> CatalogueRow:
    cells: dict[str, Any] = dict(row.cells)
    try:
        if row.problem:
            raise BadRow(row.problem)
        cells = _named(cells, file)
        record = item_of(_written_our_way(cells, file, currency))
        return CatalogueRow(record.item_id, record)
    except BadRow as bad:
        code, _, name = bad.reason.partition(":")
        if file.form == GOOGLE and name == "price" and "price" not in file.columns:
            name = price_attribute(row.cells, now=datetime.now(UTC))
        return CatalogueRow(_id_of(cells), refused_row(row, cells | dict(row.cells), code, name))


def _named(cells: dict[str, Any], file: CatalogueFile) -> dict[str, Any]:
    """Return a row's cells by field."""
    if file.form == GOOGLE:
        chosen = {name: cells.get(column) for name, column in file.columns.items()}
        return item_cells(cells, now=datetime.now(UTC)) | chosen
    if file.form == "csv":
        cells = {name: unguarded(text.strip()) for name, text in cells.items()}
    return renamed(cells, file.columns, known=ITEM_FIELDS)


def _written_our_way(
    cells: Mapping[str, Any], file: CatalogueFile, currency: str
) -> dict[str, Any]:
    """Return the cells as the endpoint takes them: one category, minor units, text for ids."""
    out = dict(cells)
    for name in ONE_OF_MANY:
        out[name] = _first_of(out.get(name))
    if isinstance(out["category"], str):
        out["category"] = _category(out["category"])
    if (file.in_major or file.form == GOOGLE) and out.get("price") not in (None, ""):
        out["price"] = minor_price(out["price"], currency, decimal=file.decimal)
    if isinstance(out.get("item_id"), int) and not isinstance(out["item_id"], bool):
        out["item_id"] = str(out["item_id"])
    return out


def _first_of(value: Any) -> Any:
    """Return the first of a list, also of one written as JSON; anything else as it is."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    if isinstance(value, list):
        return value[0] if value else None
    return value


def _category(text: str) -> str:
    """Return a path of categories with one mark between its steps, as many as there is room for.

    >>> _category("Clothing >> Women > Shorts")
    'Clothing > Women > Shorts'
    """
    steps = STEP.split(text)
    while len(steps) > 1 and len(" > ".join(steps)) > MAX_CATEGORY:
        steps.pop()
    return " > ".join(steps)


def _id_of(cells: Mapping[str, Any]) -> str:
    given = cells.get("item_id")
    return str(given) if isinstance(given, str | int) else ""
