"""Units by the lists they were served, in or out of any experiment: what was before one."""

from dataclasses import dataclass
from typing import Any

VARIANT = 0  # of units that no experiment has split

Part = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Visits:
    """Units whose first list since `from_us` came by `last_us`, at a placement, "" for any.

    Their time begins with that list, as that of an experiment's units does with their exposure.
    They are all of variant 0.
    """

    placement: str
    from_us: int
    last_us: int

    def units(self, site_id: int, unit_type: str, column: str) -> Part:
        """Return the part `f` of the units that count; `column`: where lists hold their ids."""
        where, values = self.counted
        sql = f"""f AS (
    SELECT s.{column} AS unit_id, '{unit_type}' AS unit_type, {VARIANT} AS variant_id,
        MIN(s.ts_us) AS t0
    FROM experiments_slate s
    WHERE s.site_id = %s AND s.ts_us >= %s AND s.ts_us <= %s AND s.{column} <> ''
        AND {where}
    GROUP BY s.{column}
)"""  # noqa: S608 - names from the tables of queries; every value is bound
        return sql, (site_id, self.from_us, self.last_us, *values)

    def slates(self, site_id: int, column: str) -> tuple[Part, Part]:
        """Return by what a unit's lists `s` are found, and which of them count.

        The sign keeps SQLite from going through all lists of the site for each unit: it then makes
        an index of their units for this one statement.
        """
        return (f"+s.site_id = %s AND s.{column} = f.unit_id", (site_id,)), self.counted

    @property
    def counted(self) -> Part:
        """Return which lists `s` count, as a condition and its values."""
        placed = " AND s.placement = %s" if self.placement else ""
        return f"s.traffic = ''{placed}", (self.placement,) if self.placement else ()
