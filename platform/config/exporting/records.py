"""Rows as records: the fields of the interface, then what was found out beside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model, QuerySet

from experiments.models import Event, Site, Slate

JSON_FIELDS = frozenset({"items", "attributes", "properties"})
TIMES = frozenset({"occurred_at", "received_at", "served_at"})
INTEGERS = frozenset({
    "rank", "quantity", "amount", "refunded", "refunded_quantity", "borrowed", "phase",
    "latency_us", "clicked",
})  # fmt: skip
ROWS = 2_000  # in memory at once


@dataclass(frozen=True, slots=True)
class Exported:
    """A table as it is exported: its model, and per field the column that it is read from."""

    model: type[Model]
    columns: dict[str, str]


def _same(names: str) -> dict[str, str]:
    return {name: name for name in names.split()}


EXPORTED = {
    # In the order of docs/native-format.md; from `day` on, what an import finds out for itself.
    "events": Exported(
        Event,
        _same(
            "event_id type occurred_at visitor_id account_id session_id item_id items quantity "
            "amount currency order_id request_id rank attributes properties "
            "day received_at is_verified traffic borrowed refunded refunded_quantity"
        ),
    ),
    "slates": Exported(
        Slate,
        _same("request_id placement served_at visitor_id account_id session_id")
        | {"experiment": "experiment__key", "phase": "phase", "variant": "variant__key"}
        | _same(
            "unit_id reason recommender artifact items fallback latency_us clicked attributes "
            "day traffic"
        ),
    ),
}


def rows_of(table: str, site: Site, first: str | None, last: str | None) -> "QuerySet[Any]":
    """Return a site's rows of the days from `first` to `last` (ISO, both included; None: open)."""
    rows = EXPORTED[table].model._default_manager.filter(site=site)
    if first is not None:
        rows = rows.filter(day__gte=first)
    if last is not None:
        rows = rows.filter(day__lte=last)
    return rows.order_by("id")


def records_of(table: str, rows: "QuerySet[Any]") -> Iterator[dict[str, Any]]:
    """Yield each row as a record, read from the database a few thousand at a time."""
    columns = EXPORTED[table].columns
    for values in rows.values_list(*columns.values()).iterator(chunk_size=ROWS):
        yield {name: _plain(name, value) for name, value in zip(columns, values, strict=True)}


def _plain(name: str, value: Any) -> Any:
    """Return a value as every form can hold it; None is absent."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if value is None or value == "" or (name in JSON_FIELDS and not value):
        return None
    return value if isinstance(value, (int, str, list, dict)) else str(value)
