"""What the one SQL text needs changed for an engine: how values are named, and how integers divide.

The text is written for Django's cursor. Values are bound, never written into it, so that neither a
percent sign nor a stroke of somebody's own stands there: what is replaced is the compiler's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

SLOT = re.compile("%s|%%")
DIVISION = " / "

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine says the two things that engines say differently.

    `slot`: where a bound value goes. `division`: of integers, towards an integer; of which kind
    does not matter, for the remainder is taken with the same.
    """

    name: str
    slot: str
    division: str

    def of(self, sql: str) -> str:
        """Return the text as this engine reads it.

        >>> Dialect("duckdb", "?", "//").of("SELECT y / 65536, z % %s")
        'SELECT y // 65536, z % ?'
        """
        text = sql.replace(DIVISION, f" {self.division} ")
        return SLOT.sub(self._slot, text)

    def _slot(self, found: re.Match[str]) -> str:
        return self.slot if found[0] == "%s" else "%"


DUCKDB = Dialect("duckdb", "?", "//")
SPARK = Dialect("spark", "?", "div")


class Engine(Protocol):
    """Something that answers a statement over the tables of exposures, events and slates."""

    name: str

    def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Return the statement's rows; raises AnalyticsError or DatabaseError."""
