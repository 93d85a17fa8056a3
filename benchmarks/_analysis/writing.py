"""Made rows as exported days and as rows of PostgreSQL, which takes them by COPY."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import connection, models
from django.utils import timezone

from benchmarks._analysis.making import DAY_US, Made
from experiments.models import Experiment, ExportedDay
from experiments.retention.files import folder, path_of
from experiments.retention.tables import TABLES, Table

EPOCH = date(1970, 1, 1)
BLOCK = 1 << 20
KINDS = {pa.int64(): "BIGINT", pa.string(): "VARCHAR", pa.bool_(): "BOOLEAN"}
DAY = "strftime(make_timestamp(ts_us), '%Y-%m-%d')"
MOMENT = "strftime(make_timestamp(ts_us), '%Y-%m-%d %H:%M:%S.%f+00')"
UUID = "lpad(to_hex(id), 12, '0') || '00000000000000000001'"
PARTITION = (
    'CREATE TABLE IF NOT EXISTS "experiments_event_{day}" PARTITION OF experiments_event'
    " FOR VALUES IN ('{day}')"
)
# What stands in each column, by its name in the model; the others are empty.
COMMON = {
    "id": "id + 1",
    "day": DAY,
    "ts_us": "ts_us",
    "unit_id": "'u-' || unit",
    "visitor_id": "'u-' || unit",
    "phase": "1",
}
VALUES = {
    "exposures": {},
    "events": {
        "event_id": UUID,
        "type": "type",
        "item_id": "'sku-' || id % 20000",
        "amount": "amount",
        "refunded": "refunded",
        "order_ref": "CASE WHEN type = 'purchase' THEN 'o-' || id ELSE '' END",
        "currency": "CASE WHEN type = 'purchase' THEN 'EUR' ELSE '' END",
        "is_verified": "true",
    },
    "slates": {
        "request_id": UUID,
        "placement": "'home'",
        "reason": "'SPLIT'",
        "recommender": "'popularity'",
        "clicked": "clicked",
    },
}


@dataclass(frozen=True)
class Writer:
    """Writes what was made as the rows of one experiment."""

    made: Made
    experiment: Experiment

    def export(self) -> None:
        """Write each table's days as exports are, and put them on record."""
        for table, day in self._days():
            place = path_of(table, self.experiment.site.slug, day)
            (folder() / place).parent.mkdir(parents=True, exist_ok=True)
            columns = [
                f"CAST({self._value(table, field, 'ts_us')} AS {KINDS[own.type]}) AS {own.name}"
                for field, own in zip(table.fields, table.schema, strict=True)
            ]
            how = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000"
            n_rows = self._copy(table, day, columns, folder() / place, how)
            ExportedDay.objects.create(
                site=self.experiment.site,
                table=table.name,
                day=day,
                n_rows=n_rows,
                file=place,
                sha256="",
                exported_at=timezone.now(),
            )

    def load(self, path: Path, *, only: str = "") -> None:
        """Copy the rows of all tables, or of one, into PostgreSQL; `path`: a file in between."""
        for table, day in self._days(only):
            fields = [f for f in table.model._meta.concrete_fields if f.attname != "id"]
            columns = [self._value(table, field, MOMENT) for field in fields]
            self._copy(table, day, columns, path, "FORMAT csv, HEADER false, NULLSTR '\\N'")
            self._take(table, day, [field.attname for field in fields], path)
        path.unlink()

    def _take(self, table: Table, day: str, names: list[str], path: Path) -> None:
        target = f"{table.model._meta.db_table} ({', '.join(names)})"
        with connection.cursor() as cursor, path.open("rb") as file:
            if table.name == "events":
                cursor.execute(PARTITION.format(day=day))
            with cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv, NULL '\\N')") as copy:
                while block := file.read(BLOCK):
                    copy.write(block)

    def _days(self, only: str = "") -> Iterator[tuple[Table, str]]:
        for table in TABLES.values():
            if only in ("", table.name):
                sql = f"SELECT DISTINCT {DAY} FROM {table.name} ORDER BY 1"
                days = self.made.connection.execute(sql).fetchall()
                yield from ((table, day) for (day,) in days)

    def _copy(self, table: Table, day: str, columns: list[str], path: Path, how: str) -> int:
        start = (date.fromisoformat(day) - EPOCH).days * DAY_US
        rows = f"SELECT {', '.join(columns)} FROM {table.name}"
        rows += f" WHERE ts_us >= {start} AND ts_us < {start + DAY_US} ORDER BY ts_us"
        found = self.made.connection.execute(f"COPY ({rows}) TO '{path}' ({how})").fetchone()
        return int(found[0]) if found else 0

    def _value(self, table: Table, field: Any, moment: str) -> str:
        known = COMMON | VALUES[table.name] | self._ids()
        return known.get(field.attname) or _empty(field, moment)

    def _ids(self) -> dict[str, str]:
        control, treatment = self.experiment.variants.order_by("pk").values_list("pk", flat=True)
        return {
            "site_id": str(self.experiment.site_id),
            "experiment_id": str(self.experiment.pk),
            "variant_id": f"CASE WHEN unit % 2 = 0 THEN {control} ELSE {treatment} END",
        }


def _empty(field: Any, moment: str) -> str:
    if isinstance(field, models.DateTimeField):
        return moment
    if field.null:
        return "NULL"
    if isinstance(field, models.JSONField):
        return "'[]'" if field.default is list else "'{}'"
    if isinstance(field, models.BooleanField):
        return "false"
    return "0" if isinstance(field, models.IntegerField) else "''"
