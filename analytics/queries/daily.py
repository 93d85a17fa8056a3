"""Per unit and day, what it came to by the end of the day and had come to before it.

Cumulative squares then need no row for each unit and each day: a unit that did nothing on a day
adds nothing to it.
"""

from collections.abc import Sequence

from analytics.errors import DefinitionError
from analytics.queries.definitions import MetricQuery
from analytics.queries.terms import Terms
from analytics.queries.units import Part

NAMES = (("events", "ev"), ("slates", "sl"))
OVER = "OVER (PARTITION BY d.unit_id ORDER BY d.day)"


def require_daily(metrics: Sequence[MetricQuery], terms: Terms) -> None:
    """Raise DefinitionError on what has no value by the end of each day.

    Orders that are counted once count on their first day, which takes all of the unit's days.
    """
    for metric in metrics:
        if metric.kind in ("retention", "quantile") or not metric.is_summed:
            raise DefinitionError(f"{metric.key!r} is not told by day", "kind")
    for term in terms.all:
        if term.counts_once and (not term.is_distinct or term.start or term.days):
            raise DefinitionError(
                "orders with conditions or days of their own are not told by day", "count"
            )


def daily_units(terms: Terms, n_groups: int, *, with_history: bool) -> Part:
    """Return the parts `d`, sums per unit and day, and `u`, with c by its end and p before it."""
    places = range(len(terms.all))
    none = "".join(f", 0 AS c{i}" for i in places)
    rows = [f"SELECT f.unit_id, f.day{none} FROM f"]  # noqa: S608 - names from the tables of queries
    rows += [_rows(name, terms, source) for source, name in NAMES if terms.of(source)]
    union = "\n        UNION ALL ".join(rows)
    summed = "".join(f", CAST(COALESCE(SUM(c{i}), 0) AS BIGINT) AS c{i}" for i in places)
    days = f"SELECT unit_id, day{summed} FROM (\n        {union}\n    ) a GROUP BY unit_id, day"  # noqa: S608 - as above
    parts = [f"d AS (\n    {days}\n)"]
    past = [i for i, _term in terms.of("events")] if with_history else []
    if past:
        parts.append(_before(past))
    parts.append(_running(terms, n_groups, past, with_history=with_history))
    return ",\n".join(parts), ()


def _rows(name: str, terms: Terms, source: str) -> str:
    """Return one source's sums; what came before first exposure stands on its day, as nothing."""
    own = {i for i, _term in terms.of(source)}
    columns = "".join(f", {f'{name}.c{i}' if i in own else '0'}" for i in range(len(terms.all)))
    day = f"CASE WHEN {name}.day < f.day THEN f.day ELSE {name}.day END"
    return f"SELECT f.unit_id, {day}{columns} FROM {name} JOIN f ON f.unit_id = {name}.unit_id"  # noqa: S608 - as above


def _before(past: Sequence[int]) -> str:
    sums = "".join(f", CAST(SUM(ev.h{i}) AS BIGINT) AS h{i}" for i in past)
    return f"hs AS (\n    SELECT ev.unit_id{sums} FROM ev GROUP BY ev.unit_id\n)"  # noqa: S608 - as above


def _running(terms: Terms, n_groups: int, past: Sequence[int], *, with_history: bool) -> str:
    columns = [f"f.g{number}" for number in range(n_groups)]
    columns += ["d.day", f"CASE WHEN ROW_NUMBER() {OVER} = 1 THEN 1 ELSE 0 END AS is_new"]
    for i in range(len(terms.all)):
        reached = f"CAST(SUM(d.c{i}) {OVER} AS BIGINT)"
        columns += [f"{reached} AS c{i}", f"{reached} - d.c{i} AS p{i}"]
        if with_history:
            columns.append(f"{f'COALESCE(hs.h{i}, 0)' if i in past else '0'} AS h{i}")
    joins = "d JOIN f ON f.unit_id = d.unit_id"
    joins += " LEFT JOIN hs ON hs.unit_id = d.unit_id" if past else ""
    own = "".join(f",\n        {column}" for column in columns)
    return f"u AS (\n    SELECT f.variant_id{own}\n    FROM {joins}\n)"  # noqa: S608 - as above
