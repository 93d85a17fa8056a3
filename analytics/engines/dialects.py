"""What the one SQL text needs changed for an engine: values, integer division, and JSON.

The text is written for Django's cursor. Values are bound, never written into it, so that neither a
percent sign nor a stroke of somebody's own stands there: what is replaced is the compiler's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

SLOT = re.compile("%s|%%")
DIVISION = " / "
# The lines of a purchase: what PostgreSQL and SQLite have of it is written for each.
LINES = r"(?:jsonb_array_elements\((\w+\.\w+)\) AS l\(value\)|json_each\((\w+\.\w+)\) l)(?!\w)"

# How many items a stored list holds: PostgreSQL alone has another word for its own kind of JSON.
LENGTH = (r"\bjsonb_array_length\(", "json_array_length(")

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine says the few things that engines say differently.

    `slot`: where a bound value goes. `division`: of integers, to an integer; of which kind does not
    matter, for the remainder is taken with the same. `rewrites`: other words, as patterns with what
    stands for them.
    """

    name: str
    slot: str
    division: str
    rewrites: tuple[tuple[str, str], ...] = ()

    def of(self, sql: str) -> str:
        """Return the text as this engine reads it.

        >>> Dialect("duckdb", "?", "//").of("SELECT y / 65536, z % %s")
        'SELECT y // 65536, z % ?'
        """
        text = sql.replace(DIVISION, f" {self.division} ")
        for pattern, words in self.rewrites:
            text = re.sub(pattern, words, text)
        return SLOT.sub(self._slot, text)

    def _slot(self, found: re.Match[str]) -> str:
        return self.slot if found[0] == "%s" else "%"


DUCKDB = Dialect("duckdb", "?", "//", ((LINES, r"json_each(\1\2) l"), LENGTH))
SPARK = Dialect(
    "spark",
    "?",
    "div",
    (
        (
            LINES,
            r"LATERAL (SELECT explode(from_json(\1\2, 'array<string>')) AS value) l",
        ),
        (r"(\w+\.\w+) ->> '([^']*)'", r"get_json_object(\1, '$[\\'\2\\']')"),
        (
            r"(\w+\.\w+) -> '([^']*)'",
            r"to_json(variant_get(parse_json(\1), '$[\\'\2\\']', 'variant'))",
        ),
        (r"\bAS VARCHAR\)", "AS STRING)"),
        LENGTH,
    ),
)


class Engine(Protocol):
    """Something that answers a statement over the tables of exposures, events and slates."""

    @property
    def name(self) -> str:
        """Return which one it is, such as duckdb."""

    def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Return the statement's rows; raises AnalyticsError or DatabaseError."""
