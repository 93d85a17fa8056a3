"""Per unit and day, what it came to by the end of the day and had come to before it.

Cumulative squares then need no row for each unit and each day: a unit that did nothing on a day
adds nothing to it.
"""

from collections.abc import Sequence

from analytics.errors import DefinitionError
from analytics.queries.definitions import MetricQuery
from analytics.queries.merging import merged, told_by
from analytics.queries.terms import Terms
from analytics.queries.units import Part

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


def daily_units(terms: Terms, groups: Sequence[str], *, with_history: bool) -> Part:
    """Return the parts `d`, sums per unit and day, and `u`, with c by its end and p before it.

    What was before first exposure stands on its day, as h.
    """
    letters = "ch" if with_history else "c"
    kept = {name: f"f.{name}" for name in ("variant_id", *groups)}
    sums = [f"{letter}{place}" for letter in letters for place in range(len(terms.all))]
    days = merged(["unit_id", "day"], kept, sums, told_by(terms, letters))
    return f"d AS (\n    {days}\n),\n{_running(list(kept), sums)}", ()


def _running(kept: Sequence[str], sums: Sequence[str]) -> str:
    """Return the part `u`; a unit's first day alone knows what is kept of it, and comes first."""
    columns = [f"MAX(d.{name}) {OVER} AS {name}" for name in kept]
    columns += ["d.day", f"CASE WHEN ROW_NUMBER() {OVER} = 1 THEN 1 ELSE 0 END AS is_new"]
    for name in sums:
        reached = f"CAST(SUM(d.{name}) {OVER} AS BIGINT)"
        columns.append(f"{reached} AS {name}")
        if name[0] == "c":
            columns.append(f"{reached} - d.{name} AS p{name[1:]}")
    own = ",\n        ".join(columns)
    return f"u AS (\n    SELECT {own}\n    FROM d\n)"  # noqa: S608 - names from the tables of queries
