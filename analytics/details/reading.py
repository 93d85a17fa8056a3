"""Running a detail's statement where the report's rows are: the database, or exported days."""

from collections.abc import Sequence
from typing import Any

from analytics.engines.current import IN_USE
from analytics.engines.dialects import Row


def fetch(sql: str, values: Sequence[Any]) -> list[Row]:
    """Return the rows of a statement; raises TooSlowError when it takes longer than it may."""
    return IN_USE.rows(sql, values)
