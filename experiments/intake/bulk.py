"""Inserting many rows of one table: a prepared statement instead of a query built per row."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Field, JSONField, Model, UUIDField

INSERT = "INSERT INTO {table} ({columns}) VALUES ({slots})"


def insert_rows(rows: Sequence[Model]) -> None:
    """Insert rows of one model.

    Does what `bulk_create` does, about three times as fast on SQLite; for
    millions of rows of the past. No signals are sent and the rows get no primary key.
    """
    if not rows:
        return
    fields = [field for field in rows[0]._meta.concrete_fields if not field.primary_key]
    adapters = [(field.attname, _adapter_of(field)) for field in fields]
    with connection.cursor() as cursor:
        cursor.executemany(
            _statement(rows[0]._meta.db_table, fields),
            [_values(row, adapters) for row in rows],
        )


def _statement(table: str, fields: "Sequence[Field[Any, Any]]") -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column or field.name) for field in fields)
    slots = ", ".join(_slot(field) for field in fields)
    return INSERT.format(table=quote(table), columns=columns, slots=slots)


def _slot(field: "Field[Any, Any]") -> str:
    is_jsonb = isinstance(field, JSONField) and connection.vendor == "postgresql"
    return "%s::jsonb" if is_jsonb else "%s"


def _adapter_of(field: "Field[Any, Any]") -> Callable[[Any], Any] | None:
    """Return what turns a value into what the database's driver takes, None for itself."""
    if isinstance(field, JSONField):
        return json.dumps
    if isinstance(field, DateTimeField):
        return connection.ops.adapt_datetimefield_value
    if isinstance(field, UUIDField) and not connection.features.has_native_uuid_field:
        return _hex
    return None


def _hex(value: Any) -> str | None:
    return None if value is None else value.hex


def _values(row: Model, adapters: Sequence[tuple[str, Callable[[Any], Any] | None]]) -> list[Any]:
    held = row.__dict__
    return [adapt(held[name]) if adapt else held[name] for name, adapt in adapters]
