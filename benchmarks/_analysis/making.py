"""What the units of one experiment do, made by DuckDB at once and the same for the same seed.

A unit's first exposure, its variant and everything it does follow from hashes of numbers. Of a
hundred events six are purchases, one in twenty of them partly refunded; what is done begins a day
before first exposure and ends two weeks later, so that some of it lies outside of the window.
"""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from benchmarks._analysis.size import Size
from experiments.clock import microseconds

START = datetime(2026, 11, 2, tzinfo=UTC)
DAY_US = 86_400_000_000
EXPOSED_DAYS, ACTIVE_DAYS, SHOWN_DAYS = 14, 15, 10
MACROS = """
CREATE MACRO roll(number, what) AS CAST(hash(number, what, {seed}) % 1000000007 AS BIGINT);
CREATE MACRO exposed_us(unit) AS {start} + roll(unit, 'day') * 1209 % {exposed}
"""
EXPOSURES = """
CREATE TABLE exposures AS
SELECT i AS id, i AS unit, exposed_us(i) AS ts_us FROM range({units}) t(i)
"""
EVENTS = """
CREATE OR REPLACE TABLE events AS
SELECT id, unit, exposed_us(unit) + roll(id, 'ts') * 1297 % {active} - {day} AS ts_us,
    CASE WHEN is_bought THEN 'purchase' WHEN id % 100 < 25 THEN 'add_to_cart' ELSE 'view_item' END
        AS type,
    CASE WHEN is_bought THEN 500 + roll(id, 'amount') % 20000 END AS amount,
    CASE WHEN is_bought AND roll(id, 'refund') % 20 = 0 THEN 250 ELSE 0 END AS refunded
FROM (
    SELECT i AS id, roll(i, 'unit') % {units} AS unit, i % 100 < 6 AS is_bought
    FROM range({first}, {last}) t(i)
)
"""
SLATES = """
CREATE TABLE slates AS
SELECT id, unit, exposed_us(unit) + roll(id, 'shown') * 865 % {shown} AS ts_us,
    CASE WHEN roll(id, 'click') % 10 = 0 THEN 1 ELSE 0 END AS clicked
FROM (SELECT i AS id, roll(i, 'of a list') % {units} AS unit FROM range({slates}) t(i))
"""


class Made:
    """The tables exposures, events and slates, narrow, in a DuckDB of their own."""

    def __init__(self, path: Path, size: Size, seed: int) -> None:
        """Make the rows of a size in a new file."""
        self.connection = duckdb.connect(str(path))
        self.size = size
        self._run(MACROS, seed=seed)
        self._run(EXPOSURES)
        self._run(SLATES)
        self.make_events(0, size.events)

    def make_events(self, first: int, last: int) -> None:
        """Make the events of these numbers, in place of those that are there."""
        self._run(EVENTS, first=first, last=last)

    def units_of_events(self) -> set[str]:
        """Return the ids of the units that did any of the events that are there."""
        found = self.connection.execute("SELECT DISTINCT 'u-' || unit FROM events").fetchall()
        return {unit for (unit,) in found}

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def _run(self, sql: str, **names: int) -> None:
        spans = {"exposed": EXPOSED_DAYS, "active": ACTIVE_DAYS, "shown": SHOWN_DAYS, "day": 1}
        numbers = {
            "start": microseconds(START),
            "units": self.size.units,
            "slates": self.size.slates,
            **{name: days * DAY_US for name, days in spans.items()},
        }
        self.connection.execute(sql.format(**numbers, **names))
