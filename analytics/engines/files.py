"""Which Parquet files hold a period, and how their columns are read as those of the tables."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.models import ExportedDay
from experiments.retention.files import folder
from experiments.retention.tables import TABLES, Table


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a site's days, by the name of their table."""

    paths: Mapping[str, Sequence[Path]] = field(default_factory=dict)

    def of(self, table: Table) -> list[str]:
        """Return the paths of a table's files, in the order of their days."""
        return [str(path) for path in self.paths.get(table.name, ())]

    @property
    def size(self) -> int:
        """Return how many bytes they have together."""
        return sum(path.stat().st_size for paths in self.paths.values() for path in paths)


def files_of(site_id: int, *, first: str, last: str) -> Files:
    """Return the files of a site's exported days from first to last (ISO, both included)."""
    rows = ExportedDay.objects.filter(site_id=site_id, day__gte=first, day__lte=last)
    paths: dict[str, list[Path]] = {name: [] for name in TABLES}
    for table, file in rows.order_by("day").values_list("table", "file"):
        paths[table].append(folder() / file)
    return Files(paths)


def table_name(table: Table) -> str:
    """Return the name under which the statement asks for a table."""
    return str(table.model._meta.db_table)


def selected(table: Table, present: Collection[str]) -> list[str]:
    """Return the columns to select from files that have those that are `present`.

    A column that is younger than a file is empty there, or what the database fills it with.
    """
    return [_selected(table, present, name) for name in table.schema.names]


def _selected(table: Table, present: Collection[str], name: str) -> str:
    default = _defaults(table).get(name)
    if default is None:
        return name if name in present else f"NULL AS {name}"
    filled = f"COALESCE({name}, {default!r})" if name in present else repr(default)
    return f"{filled} AS {name}"


def _defaults(table: Table) -> dict[str, Any]:
    """Return what the database fills columns with that were added to rows that were there."""
    return {f.attname: f.db_default for f in table.fields if f.has_db_default()}
