"""Rows of a file as events, each held to the rules of the endpoint for events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from config.importing.cells import unguarded
from config.importing.columns import renamed
from config.importing.native import EVENT_FIELDS, record_of, shaped_event
from config.importing.native_files import NativeRow, form_of, read_table
from config.importing.records import NAMESPACE, BadRow
from config.importing.refused import RefusedRow, refused_row
from experiments.intake.accepting import check_event
from experiments.intake.importing import EventRecord
from experiments.intake.refusals import Refused
from experiments.models.traffic import Traffic
from experiments.snapshot import SiteSpec

# What an export tells beside: it is found anew here.
DERIVED = frozenset({"day", "received_at", "borrowed", "refunded", "refunded_quantity"})
# What an export tells beside and nobody could find out again.
MARKS = ("is_verified", "traffic")
PACKED = (".gz", ".zip")


@dataclass(frozen=True, slots=True)
class EventFile:
    """A file of events: where it is, its form, and what its columns are called.

    `columns`: field to column, for files with names of their own; columns beside them are then left
    out. `source`: what rows without an event_id are told apart by, beside site and content.
    """

    path: Path
    form: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    needs_value: bool = True

    @property
    def is_csv(self) -> bool:
        """Return whether cells may be guarded against formulas."""
        return (self.form or form_of(self.path)) == "csv"

    @property
    def name(self) -> str:
        """Return the source's name: as given, else the file's own without its packing."""
        stem = self.path.name
        for suffix in PACKED:
            stem = stem.removesuffix(suffix)
        return self.source or stem


def read_events(file: EventFile, site: SiteSpec) -> Iterator[EventRecord | RefusedRow]:
    """Yield each row as an event or as refused, in the file's order; raises SourceError."""
    for row in read_table(file.path, file.form):
        cells: dict[str, Any] = {}
        try:
            if row.problem:
                raise BadRow(row.problem)
            cells = _cells_of(row, file, site)
            yield _event_of(cells, site, needs_value=file.needs_value)
        except BadRow as bad:
            code, _, name = bad.reason.partition(":")
            yield refused_row(row, cells, code, name)
        except Refused as refusal:
            yield refused_row(row, cells, refusal.code, refusal.field or "")


def _cells_of(row: NativeRow, file: EventFile, site: SiteSpec) -> dict[str, Any]:
    """Return a row's cells by field name, with an id if it has none."""
    cells = {
        name: unguarded(value) if file.is_csv and isinstance(value, str) else value
        for name, value in row.cells.items()
        if name not in DERIVED
    }
    cells = renamed(cells, file.columns, known={*EVENT_FIELDS, *MARKS})
    if cells.get("event_id") in (None, ""):
        cells["event_id"] = str(_content_id(row, file, site))
    return cells


def _content_id(row: NativeRow, file: EventFile, site: SiteSpec) -> UUID:
    """Return the id of a row that brings none: the same for the same line of the same source."""
    return uuid5(NAMESPACE, f"{site.slug}\n{file.name}\n{row.raw}")


def _event_of(given: Mapping[str, Any], site: SiteSpec, *, needs_value: bool) -> EventRecord:
    cells = {name: value for name, value in given.items() if name not in MARKS}
    event = shaped_event(cells, site.currency)
    try:
        # Its own moment is the clock: the past may be of any age.
        check_event(event, site=site, now=event.occurred_at)
    except Refused as refusal:
        if needs_value or refusal.code != "missing_value":
            raise
    traffic = given.get("traffic") or ""
    if traffic and traffic not in Traffic.values:
        raise BadRow("invalid_field:traffic")
    is_verified = given.get("is_verified") not in (False, "false")
    return replace(record_of(event), is_verified=is_verified, traffic=traffic)
