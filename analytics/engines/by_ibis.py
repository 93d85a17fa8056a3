"""The same sums, written by Ibis: an oracle for tests, and a door to other warehouses.

The package is an extra (`armature[ibis]`). Sums over events and slates only; what it writes goes to
a cursor of the caller's, since Ibis' own connections change the session they are given.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

import ibis

from analytics.errors import DefinitionError
from analytics.queries import DAY_US, UNIT_COLUMNS, Cut, MetricQuery
from analytics.queries.terms import EVENT_SUMS, REFUND
from analytics.stats.moments import Moments
from experiments.assignment.specs import Reason

SPLIT = 65_536
DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres", "duckdb": "duckdb"}
EXPOSURE = {
    **dict.fromkeys(("experiment_id", "phase", "variant_id", "ts_us"), "int64"),
    **dict.fromkeys(("unit_id", "traffic"), "string"),
    "is_multiple": "boolean",
}
EVENT = {
    **dict.fromkeys(("site_id", "ts_us", "amount", "quantity"), "int64"),
    **dict.fromkeys(("refunded", "refunded_quantity"), "int64"),
    **dict.fromkeys(("type", "order_ref", "order_id", "traffic"), "string"),
    **dict.fromkeys(UNIT_COLUMNS.values(), "string"),
    "is_verified": "boolean",
}
SLATE = {
    **dict.fromkeys(("experiment_id", "phase", "ts_us"), "int64"),
    **dict.fromkeys(("clicked", "pairs", "unlike_pairs", "novelty_mbit", "latency_us"), "int64"),
    **dict.fromkeys(("unit_id", "reason"), "string"),
}

Table = Any  # Ibis' expressions are made by names
Definition = Mapping[str, Any]


def sums_sql(metric: MetricQuery, cut: Cut, engine: str) -> str:
    """Return the statement of a metric's sums by variant, to be decoded by `moments_in`.

    `engine`: sqlite, postgresql, duckdb, or what else Ibis knows as a dialect. Raises
    DefinitionError on what is no sum over events or slates.
    """
    return str(ibis.to_sql(sums(metric, cut), dialect=DIALECTS.get(engine, engine)))


def sums(metric: MetricQuery, cut: Cut) -> Table:
    """Return the expression of a metric's sums, a row per variant, over tables by their names."""
    if metric.kind not in ("binary", "mean", "ratio") or cut.fallback_unit_type or cut.segment:
        raise DefinitionError(f"Ibis writes no {metric.kind} of this cut", "kind")
    exposed = _exposed(cut)
    start, days = metric.span
    window = (start, start + (cut.window_days if days is None else days))
    units = exposed.select("unit_id", "variant_id")
    for name, side in zip("yx", metric.sides, strict=False):
        found = _per_unit(side, exposed, cut, window).rename({f"of_{name}": "unit_id", name: "v"})
        units = units.left_join(found, units.unit_id == found[f"of_{name}"])
    return _summed(units, metric)


def moments_in(rows: Iterable[Sequence[Any]]) -> dict[int, Moments]:
    """Return the moments by variant id that the statement's rows hold."""
    out = {}
    for variant, n, y, hh, hl, ll, x, xx, hx, lx in (map(int, row) for row in rows):
        yy = SPLIT**2 * hh + 2 * SPLIT * hl + ll
        out[variant] = Moments(n, y, yy, x, xx, SPLIT * hx + lx)
    return out


def _summed(units: Table, metric: MetricQuery) -> Table:
    y = units.y.fill_null(0).cast("int64")
    if metric.kind == "binary":
        y = ibis.cases((y > 0, 1), else_=0)
    x = (
        units.x.fill_null(0).cast("int64")
        if "x" in units.columns
        else ibis.cases((y < y, 1), else_=0)
    )
    # No square beyond 63 bits; the quotient is whole, and so exact as a double below 2^53.
    flat = units.select(units.variant_id, y=y, x=x).mutate(low=ibis._.y % SPLIT)
    flat = flat.mutate(high=((flat.y - flat.low) / SPLIT).cast("int64"))
    t = flat
    return t.group_by("variant_id").aggregate(
        n=t.count(),
        y=t.y.sum(),
        hh=(t.high * t.high).sum(),
        hl=(t.high * t.low).sum(),
        ll=(t.low * t.low).sum(),
        x=t.x.sum(),
        xx=(t.x * t.x).sum(),
        hx=(t.high * t.x).sum(),
        lx=(t.low * t.x).sum(),
    )


def _exposed(cut: Cut) -> Table:
    x = ibis.table(EXPOSURE, name="experiments_exposure")
    counts = [
        x.experiment_id == cut.experiment_id,
        x.phase == cut.phase,
        ~x.is_multiple,
        x.traffic == "",
        x.ts_us <= cut.until_us,
    ]
    return x.filter(counts).select("unit_id", "variant_id", t0="ts_us")


def _per_unit(side: Definition, exposed: Table, cut: Cut, window: tuple[int, int]) -> Table:
    """Return unit_id and v, one row per unit that has any row in its window."""
    if set(side) - {"source", "type", "sum", "subtract", "count"}:
        raise DefinitionError(f"Ibis writes no {dict(side)}", "numerator")
    source = {"events": _events, "slates": _slates}.get(side["source"])
    if source is None:
        raise DefinitionError(f"Ibis writes no sums over {side['source']}", "numerator.source")
    rows, own = source(cut)
    start, stop = (days * DAY_US for days in window)
    rows = rows.rename({"of_unit": own})
    joined = exposed.join(
        rows,
        [
            exposed.unit_id == rows.of_unit,
            rows.ts_us >= exposed.t0 + start,
            rows.ts_us < exposed.t0 + stop,
        ],
    )
    return joined.group_by("unit_id").aggregate(v=_value(side, joined))


def _events(cut: Cut) -> tuple[Table, str]:
    e = ibis.table(EVENT, name="experiments_event")
    counts = [e.site_id == cut.site_id, e.traffic == "", e.ts_us <= cut.until_us]
    if not cut.count_unverified:
        counts.append(e.is_verified | (e.type != "purchase"))
    return e.filter(counts), UNIT_COLUMNS[cut.unit_type]


def _slates(cut: Cut) -> tuple[Table, str]:
    s = ibis.table(SLATE, name="experiments_slate")
    counts = [
        s.experiment_id == cut.experiment_id,
        s.phase == cut.phase,
        s.reason == Reason.SPLIT.value,
        s.ts_us <= cut.until_us,
    ]
    return s.filter(counts), "unit_id"


def _value(side: Definition, rows: Table) -> Table:
    column = side.get("sum")
    if side["source"] == "slates":
        return rows.count() if column is None else rows[column].sum()
    is_own = rows.type == side["type"]
    if side.get("count") == "order_ref":
        return rows.order_ref.nunique(where=is_own)
    if column is None:
        return is_own.ifelse(1, 0).sum()
    return _amount(side, rows, is_own, column)


def _amount(side: Definition, rows: Table, is_own: Table, column: str) -> Table:
    """Return a column's sum less what is subtracted; a refund of a known order stands on it."""
    own, taken = rows[column].fill_null(0), side.get("subtract")
    cases = [(is_own, own - rows[EVENT_SUMS[column]] if taken == REFUND else own)]
    if taken:
        is_taken = [rows.type == taken, *([rows.order_id == ""] if taken == REFUND else [])]
        is_other = ~reduce(or_, [~each for each in is_taken])
        cases.append((is_other, -rows[column].fill_null(0)))
    return ibis.cases(*cases, else_=0).sum()
