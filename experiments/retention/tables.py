"""The columns of an exported day: those of the database, so that one SQL text reads both.

Times and money are integers, ids text, JSON text. `id` tells which row of the database a row of
the file was, so that exactly what a file holds is dropped.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import models
from django.db.models import Count, F, Func, Q, QuerySet, Sum

from experiments.clock import microseconds
from experiments.models import Event, ExportedDay, Exposure, Slate

# Sums are folded by a prime below 2^31: those of times and money would pass 2^63 on large days.
FOLD = 2_147_483_647


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose days are exported: its columns, and those that are summed to compare.

    `flagged`: columns of which it is compared how many rows have them set. `site`: where a row
    names its site. `is_dropped`: its old days may go; else they are exported for analyses alone.
    """

    name: str
    model: type[models.Model]
    summed: tuple[str, ...]
    left_out: frozenset[str]  # what `ts_us` says already
    flagged: tuple[str, ...] = ()
    site: str = "site_id"
    is_dropped: bool = True

    @property
    def fields(self) -> list[Any]:
        """Return the model's fields that are written, in their order."""
        return [f for f in self.model._meta.concrete_fields if f.name not in self.left_out]

    @property
    def schema(self) -> pa.Schema:
        """Return the columns of a file, the key values of which are in the path as well."""
        return pa.schema([(_column_of(field), _type_of(field)) for field in self.fields])


TABLES = {
    "events": Table(
        ExportedDay.Table.EVENTS,
        Event,
        ("id", "ts_us", "amount", "quantity", "refunded", "refunded_quantity", "borrowed"),
        frozenset({"occurred_at"}),
    ),
    "slates": Table(
        ExportedDay.Table.SLATES,
        Slate,
        ("id", "ts_us", "variant_id", "clicked", "latency_us"),
        frozenset({"served_at"}),
    ),
    "exposures": Table(
        ExportedDay.Table.EXPOSURES,
        Exposure,
        ("id", "ts_us", "variant_id"),
        frozenset({"first_at"}),
        flagged=("is_multiple", "traffic"),
        site="experiment__site_id",
        is_dropped=False,
    ),
}

Sums = dict[str, int]


def day_rows(table: Table, site_id: int, day: str) -> "QuerySet[Any]":
    """Return the rows of a site's day."""
    return site_rows(table, site_id).filter(day=day)


def site_rows(table: Table, site_id: int) -> "QuerySet[Any]":
    """Return the rows of a site."""
    return table.model._default_manager.filter(**{table.site: site_id})


def batch_of(table: Table, rows: Iterable[Sequence[Any]]) -> pa.RecordBatch:
    """Return rows, as `values_list` gives them, as a batch of the file."""
    columns = list(zip(*rows, strict=True))
    arrays = [
        pa.array(map(_value_of(field), column), type=_type_of(field))
        for field, column in zip(table.fields, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=table.schema)


def sums_of_rows(table: Table, rows: "QuerySet[Any]") -> Sums:
    """Return how many rows there are, the folded sum of each summed column, and the flags."""
    return _integers(rows.order_by().aggregate(**_aggregates(table)))


def sums_by_day(table: Table, rows: "QuerySet[Any]") -> dict[str, Sums]:
    """Return the same of each day that there is, read at once."""
    found = rows.order_by().values("day").annotate(**_aggregates(table))
    return {row.pop("day"): _integers(row) for row in found}


def _aggregates(table: Table) -> dict[str, Any]:
    folded = {f"sum_{name}": Sum(_Folded(F(name), FOLD)) for name in table.summed}
    flags = {f"sum_{name}": Count("pk", filter=_is_set(table, name)) for name in table.flagged}
    return {"rows": Count("pk"), **folded, **flags}


def _is_set(table: Table, name: str) -> Q:
    is_flag = isinstance(table.model._meta.get_field(name), models.BooleanField)
    return Q(**{name: True}) if is_flag else ~Q(**{name: ""})


def _integers(found: dict[str, Any]) -> Sums:
    return {name: int(value or 0) for name, value in found.items()}


def sums_of_batch(table: Table, batch: pa.RecordBatch) -> Sums:
    """Return the same of a batch of the file."""
    sums = {f"sum_{name}": _folded_sum(batch.column(name)) for name in table.summed}
    flags = {f"sum_{name}": _count_set(batch.column(name)) for name in table.flagged}
    return {"rows": batch.num_rows, **sums, **flags}


def added(sums: Sums, more: Sums) -> Sums:
    """Return the sums of both.

    >>> added({"rows": 1}, {"rows": 2, "sum_id": 5})
    {'rows': 3, 'sum_id': 5}
    """
    return {name: sums.get(name, 0) + value for name, value in more.items()}


class _Folded(Func):
    """The remainder, with the sign of the value, as both databases and numpy's fmod have it."""

    template = "(%(expressions)s)"
    arg_joiner = " %% "
    output_field = models.BigIntegerField()


def _folded_sum(column: pa.Array) -> int:
    values = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return int(np.fmod(values, FOLD).sum())


def _count_set(column: pa.Array) -> int:
    is_set = column if pa.types.is_boolean(column.type) else pc.not_equal(column, "")
    return int(pc.sum(is_set).as_py() or 0)


def _column_of(field: Any) -> str:
    if isinstance(field, models.DateTimeField):
        return str(field.name.removesuffix("_at") + "_us")
    return str(field.attname)


def _type_of(field: Any) -> pa.DataType:
    if isinstance(field, models.BooleanField):
        return pa.bool_()
    if isinstance(field, (models.CharField, models.TextField, models.UUIDField, models.JSONField)):
        return pa.string()
    return pa.int64()


def _value_of(field: Any) -> Callable[[Any], Any]:
    if isinstance(field, models.DateTimeField):
        return lambda value: None if value is None else microseconds(value)
    if isinstance(field, models.UUIDField):
        return lambda value: None if value is None else str(value)
    if isinstance(field, models.JSONField):
        return lambda value: msgspec.json.encode(value).decode()
    return lambda value: value
