"""What a metric did in a site's last four weeks: the spread of a unit, and how many units come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.db import connection, transaction

from analytics.models import Metric
from analytics.queries import DAY_US, UNIT_COLUMNS, Term, term_of
from analytics.reporting.scope import data_cut_us
from analytics.stats.moments import Moments
from experiments.models import Experiment

DAYS = 28
Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """Which rows are looked at: units that were at a placement, and what they did afterwards.

    `placement`: "" for all of the site's. A unit is seen from its first list in the period on,
    for `window_days`, as one of an experiment is from its first exposure on. `is_whole`: only units
    whose whole window lies in the period.
    """

    site_id: int
    placement: str
    unit_type: str
    window_days: int
    until_us: int
    count_unverified: bool = True
    days: int = DAYS
    is_whole: bool = False

    @classmethod
    def of(cls, experiment: Experiment) -> "Past":
        """Return the four weeks before now, or before a simulated site's latest row."""
        return cls(
            site_id=experiment.site_id,
            placement=experiment.placement.key if experiment.placement else "",
            unit_type=experiment.unit_type,
            window_days=experiment.window_days,
            until_us=data_cut_us(experiment),
            count_unverified=experiment.site.count_unverified,
        )

    @property
    def from_us(self) -> int:
        """Return where the period begins."""
        return self.until_us - self.days * DAY_US

    @property
    def unit(self) -> str:
        """Return the column of the unit's id."""
        return UNIT_COLUMNS[self.unit_type]


def moments_of(past: Past, metric: Metric) -> Moments:
    """Return the metric's exact sums over the units of the period."""
    return _summed(counts_of(past, metric), is_binary=metric.kind == Metric.Kind.BINARY)


def counts_of(past: Past, metric: Metric) -> list[Sequence[int]]:
    """Return (numerator, denominator, how many units have both) over the units of the period."""
    definitions = [metric.numerator, *([metric.denominator] if metric.denominator else [])]
    sides = [_side(past, f"m{i}", each) for i, each in enumerate(definitions)]
    columns = [f"COALESCE(m{i}.v, 0)" for i in range(len(sides))] + ["0"] * (2 - len(sides))
    joins = "".join(f" LEFT JOIN m{i} ON m{i}.unit_id = f.unit_id" for i in range(len(sides)))
    parts = [_seen(past), *sides]
    sql = f"""WITH {", ".join(text for text, _values in parts)}
SELECT {columns[0]}, {columns[1]}, COUNT(*) FROM f{joins} GROUP BY 1, 2"""  # noqa: S608 - from the tables of queries; every value is bound
    return _rows(sql, [value for _text, values in parts for value in values])


def _summed(rows: Sequence[Sequence[int]], *, is_binary: bool) -> Moments:
    """Return the sums over (numerator, denominator, how many units)."""
    counts = [(int(y > 0) if is_binary else int(y), int(x), int(n)) for y, x, n in rows]
    return Moments(
        n=sum(n for _y, _x, n in counts),
        sum_y=sum(y * n for y, _x, n in counts),
        sum_yy=sum(y * y * n for y, _x, n in counts),
        sum_x=sum(x * n for _y, x, n in counts),
        sum_xx=sum(x * x * n for _y, x, n in counts),
        sum_xy=sum(x * y * n for y, x, n in counts),
    )


def cumulative_units(past: Past) -> tuple[int, ...]:
    """Return the different units seen by the end of each day, from the first day with any on."""
    text, values = _seen(past)
    sql = f"WITH {text} SELECT (t0 - %s) / {DAY_US}, COUNT(*) FROM f GROUP BY 1"  # noqa: S608
    new = {int(day): int(n) for day, n in _rows(sql, [*values, past.from_us])}
    if not new:
        return ()
    return tuple(accumulate(new.get(day, 0) for day in range(min(new), past.days)))


def _seen(past: Past) -> tuple[str, Values]:
    where = " AND s.placement = %s" if past.placement else ""
    sql = f"""f AS (
    SELECT s.{past.unit} AS unit_id, MIN(s.ts_us) AS t0 FROM experiments_slate s
    WHERE s.site_id = %s AND s.ts_us >= %s AND s.ts_us < %s AND s.{past.unit} <> ''
        AND s.traffic = ''{where}
    GROUP BY s.{past.unit}
)"""  # noqa: S608 - names from a table of ours; every value is bound
    cut_off = past.window_days * DAY_US if past.is_whole else 0
    bound = (past.site_id, past.from_us, past.until_us - cut_off + 1)
    return sql, (*bound, past.placement) if past.placement else bound


def _side(past: Past, name: str, definition: Mapping[str, Any]) -> tuple[str, Values]:
    """Return one side of the metric per unit."""
    term = term_of(definition)
    alias, table = ("e", "experiments_event") if term.source == "events" else ("s", SLATES)
    where, values = _condition(past, term, definition)
    sql = f"""{name} AS (
    SELECT f.unit_id, CAST({term.sql} AS BIGINT) AS v FROM f JOIN {table} {alias}
    ON {alias}.site_id = %s AND {alias}.{past.unit} = f.unit_id AND {alias}.ts_us >= f.t0
        AND {alias}.ts_us < f.t0 + {past.window_days * DAY_US} AND {alias}.ts_us <= %s{where}
    GROUP BY f.unit_id
)"""  # noqa: S608 - names from the tables of queries; every value is bound
    return sql, (*term.values, past.site_id, past.until_us, *values)


SLATES = "experiments_slate"


def _condition(past: Past, term: Term, definition: Mapping[str, Any]) -> tuple[str, Values]:
    if term.source == "slates":
        return (" AND s.placement = %s", (past.placement,)) if past.placement else ("", ())
    verified = "" if past.count_unverified else " AND (e.is_verified OR e.type <> 'purchase')"
    types = [each for each in (definition["type"], definition.get("subtract")) if each]
    slots = ", ".join(["%s"] * len(types))
    return f" AND e.type IN ({slots}) AND e.traffic = ''{verified}", tuple(types)


def _rows(sql: str, values: Sequence[Any]) -> list[Sequence[int]]:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Without statistics of new rows it would compare every unit with every event.
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(sql, values)
        rows = cursor.fetchall()
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
    return rows
