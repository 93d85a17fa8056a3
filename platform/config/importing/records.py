"""What readers hand over: events, items, and rows that cannot be taken, each with its reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID, uuid5

from experiments.intake.importing import EventRecord
from recommenders.catalogue import ItemRecord

# Frozen: with another value every import would store its file a second time.
NAMESPACE = UUID("7d0f2f1e-6b0c-5b39-9d5e-3a4c1f6f2b10")


class SourceError(Exception):
    """A file or folder that cannot be read as what it was said to be."""


class BadRow(Exception):
    """Why one row cannot be taken: a short code that is counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not taken: where it stands, why, and as it was written."""

    file: str
    line: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class SiteDefaults:
    """What a new site for this data gets; `currency` "" leaves the choice to the operator."""

    name: str
    currency: str = ""
    timezone: str = "UTC"


Figures = Mapping[str, int | str]


class Source(Protocol):
    """One readable data set. Events first: some sources know their items only from them."""

    defaults: ClassVar[SiteDefaults]

    def events(self, *, currency: str) -> Iterator[EventRecord | RejectedRow]:
        """Yield every row of the past, as an event or as a rejection, in the file's order."""

    def items(self) -> Iterator[ItemRecord | RejectedRow]:
        """Yield the catalogue; call it after `events` has been read to its end."""

    def figures(self) -> Figures:
        """Return what was counted on the way, exact values as text."""


def file_identity(format_name: str, first_row: str) -> UUID:
    """Return the namespace of a file's event ids: a file is known by its format and first row.

    So it stays the same file when it is compressed, renamed, or grows at its end; a corrected row
    is then seen as one whose id is taken, and is not counted beside the row that it corrects.
    """
    return uuid5(NAMESPACE, f"{format_name}:{first_row}")


def row_id(identity: UUID, number: int) -> UUID:
    """Return the event id of a source row, counted from 1: the same file gives the same ids."""
    return uuid5(identity, str(number))
