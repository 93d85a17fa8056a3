"""Files whose columns are called otherwise: `--map FIELD=COLUMN`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from config.importing.records import SourceError


def columns_of(pairs: Sequence[str], *, fields: Collection[str], of: str) -> dict[str, str]:
    """Return field to column of what `--map` was given; `of`: whose fields they are.

    Raises SourceError on a text that is no pair, and on a field that does not exist.

    >>> columns_of(["item_id=sku"], fields=["item_id", "title"], of="items")
    {'item_id': 'sku'}
    """
    columns = dict(_pair(text) for text in pairs)
    if unknown := sorted(set(columns) - set(fields)):
        known = ", ".join(sorted(fields))
        raise SourceError(f"{of} have no field {unknown[0]!r}; their fields: {known}")
    return columns


def _pair(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise SourceError(f"--map takes FIELD=COLUMN, such as item_id=sku; got {text!r}")
    return name.strip(), column.strip()


def renamed(
    cells: dict[str, Any], columns: Mapping[str, str], *, known: Collection[str]
) -> dict[str, Any]:
    """Return a row's cells by field; where columns are named, those of no known field are left out.

    >>> renamed({"sku": 1, "title": "Lamp", "hue": 3}, {"item_id": "sku"}, known=["title"])
    {'title': 'Lamp', 'item_id': 1}
    """
    if not columns:
        return cells
    used = set(columns.values())
    kept = {name: value for name, value in cells.items() if name in known and name not in used}
    return kept | {name: cells.get(column) for name, column in columns.items()}
