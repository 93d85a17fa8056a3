"""One portable SQL text that reduces rows to moments, and the code that decodes its answer.

Integers only, CASE instead of casts, no division but by 65536: the same numbers on every engine.
Values are bound; what is written into the text comes from the tables below.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from analytics.errors import InvalidInputError
from analytics.stats.moments import Moments
from experiments.assignment.specs import Reason

UNIT_COLUMNS = {"visitor": "visitor_id", "account": "account_id", "session": "session_id"}
EVENT_SUMS = {"amount": "refunded", "quantity": "refunded_quantity"}  # what refunds took back
REFUND = "refund"
SPLIT = 65_536  # y = h * SPLIT + l keeps every square below 2^63 on engines that do not widen
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Term:
    """One integer per unit: its SQL over events or slates, and whether it may be large."""

    source: str
    sql: str
    values: tuple[Any, ...]
    is_large: bool


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What the compiler needs of a metric."""

    key: str
    kind: str
    numerator: Mapping[str, Any]
    denominator: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """Which rows are looked at: one phase of one experiment, up to a moment.

    `fallback_unit_type`: whose id stands in where a unit has none of `unit_type`; "" for none. The
    events of a unit are then found by the type of id that its exposure names.
    """

    site_id: int
    experiment_id: int
    phase: int
    unit_type: str
    window_days: int
    until_us: int
    count_unverified: bool = True
    fallback_unit_type: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A statement, its values in order, and how its columns become moments."""

    sql: str
    values: tuple[Any, ...]
    metrics: tuple[MetricQuery, ...]
    columns: tuple[tuple[str, ...], ...]


def term_of(definition: Mapping[str, Any]) -> Term:
    """Return the per-unit SQL of one side of a metric; raises InvalidInputError on a bad one."""
    source = definition.get("source")
    if source == "slates":
        if definition.get("sum") == "clicked":
            return Term("slates", "SUM(s.clicked)", (), False)
        return Term("slates", "COUNT(*)", (), False)
    if source != "events" or not isinstance(definition.get("type"), str):
        raise InvalidInputError(f"a metric needs source and type; got {dict(definition)}")
    return _event_term(definition)


def _event_term(definition: Mapping[str, Any]) -> Term:
    kind = definition["type"]
    column = definition.get("sum")
    if column is None and definition.get("count") == "order_ref":
        sql = "COUNT(DISTINCT CASE WHEN e.type = %s THEN e.order_ref END)"
        return Term("events", sql, (kind,), False)
    if column is None:
        return Term("events", "SUM(CASE WHEN e.type = %s THEN 1 ELSE 0 END)", (kind,), False)
    if column not in EVENT_SUMS:
        raise InvalidInputError(f"cannot sum {column!r}; known: {sorted(EVENT_SUMS)}")
    return Term("events", *_sum_of(column, kind, definition.get("subtract")), True)


def _sum_of(column: str, kind: str, subtract: str | None) -> tuple[str, tuple[Any, ...]]:
    """Return the sum of a column less that of the events that are subtracted.

    A refund that names its order counts where the order was bought, in that unit and window: the
    drain has put it on the purchase. One that names none counts where it happened.
    """
    own, minus = f"COALESCE(e.{column}, 0)", ""
    if subtract == REFUND:
        own += f" - e.{EVENT_SUMS[column]}"
        minus = f" WHEN e.type = %s AND e.order_id = '' THEN -COALESCE(e.{column}, 0)"
    elif subtract:
        minus = f" WHEN e.type = %s THEN -COALESCE(e.{column}, 0)"
    sql = f"SUM(CASE WHEN e.type = %s THEN {own}{minus} ELSE 0 END)"
    return sql, (kind, subtract) if subtract else (kind,)


def event_types(metrics: Iterable[MetricQuery]) -> list[str]:
    """Return the event types that the metrics look at, so that others are not even read."""
    sides = [side for m in metrics for side in (m.numerator, m.denominator) if side]
    named = {side.get(name) for side in sides for name in ("type", "subtract")}
    return sorted(name for name in named if name)


def compile_query(metrics: Sequence[MetricQuery], cut: Cut) -> Query:
    """Return one statement for all metrics: a row per variant with n and every sum."""
    terms: list[Term] = []
    sides = [[_place(terms, side) for side in _sides(metric)] for metric in metrics]
    events = [(i, t) for i, t in enumerate(terms) if t.source == "events"]
    slates = [(i, t) for i, t in enumerate(terms) if t.source == "slates"]
    parts = [_exposed(cut)]
    if events:
        parts.append(_event_sums(events, event_types(metrics), cut))
    if slates:
        parts.append(_slate_sums(slates, cut))
    parts.append(_per_unit(terms, has_events=bool(events), has_slates=bool(slates)))
    columns = tuple(_columns(m, side, terms) for m, side in zip(metrics, sides, strict=True))
    selected = ", ".join(f"SUM({text})" for group in columns for text in group)
    text = "WITH " + ",\n".join(sql for sql, _values in parts)
    text += f"\nSELECT variant_id, COUNT(*), {selected}\nFROM u GROUP BY variant_id"
    values = tuple(value for _sql, group in parts for value in group)
    return Query(text, values, tuple(metrics), columns)


def check_metric(metric: MetricQuery) -> None:
    """Raise InvalidInputError when the metric could not be compiled."""
    terms: list[Term] = []
    sides = [_place(terms, side) for side in _sides(metric)]
    _columns(metric, sides, terms)


def _sides(metric: MetricQuery) -> list[Mapping[str, Any]]:
    if metric.kind == "ratio" and metric.denominator is None:
        raise InvalidInputError(f"the ratio {metric.key!r} needs a denominator")
    return [metric.numerator, *([metric.denominator] if metric.denominator else [])]


def _place(terms: list[Term], definition: Mapping[str, Any]) -> int:
    """Return the place of a term, shared by every metric that uses the same one."""
    term = term_of(definition)
    if term not in terms:
        terms.append(term)
    return terms.index(term)


Part = tuple[str, tuple[Any, ...]]


def _exposed(cut: Cut) -> Part:
    sql = """f AS (
    SELECT unit_id, unit_type, variant_id, ts_us AS t0
    FROM experiments_exposure
    WHERE experiment_id = %s AND phase = %s AND NOT is_multiple AND traffic = '' AND ts_us <= %s
)"""
    return sql, (cut.experiment_id, cut.phase, cut.until_us)


def _event_sums(terms: Sequence[tuple[int, Term]], types: Sequence[str], cut: Cut) -> Part:
    columns = ",\n        ".join(f"CAST({t.sql} AS BIGINT) AS c{i}" for i, t in terms)
    rows, bound = _events_of_units(types, cut)
    sql = f"""ev AS (
    SELECT e.unit_id,
        {columns}
    FROM (
{rows}
    ) e
    GROUP BY e.unit_id
)"""  # noqa: S608 - names from the tables above; every value is bound
    return sql, (*(value for _i, term in terms for value in term.values), *bound)


def _events_of_units(types: Sequence[str], cut: Cut) -> Part:
    """Return the events in each unit's window, found by the id that its exposure names."""
    if not cut.fallback_unit_type:
        return _events_by(cut.unit_type, types, cut)
    # An exposure that names no type has the experiment's own.
    own, own_values = _events_by(cut.unit_type, types, cut)
    other, other_values = _events_by(cut.fallback_unit_type, types, cut)
    sql = f"""{own} AND f.unit_type <> %s
        UNION ALL
{other} AND f.unit_type = %s"""
    fallback = cut.fallback_unit_type
    return sql, (*own_values, fallback, *other_values, fallback)


def _events_by(unit_type: str, types: Sequence[str], cut: Cut) -> Part:
    slots = ", ".join(["%s"] * len(types))
    verified = "" if cut.count_unverified else " AND (e.is_verified OR e.type <> 'purchase')"
    sql = f"""        SELECT f.unit_id, e.type, e.amount, e.quantity, e.order_ref, e.order_id,
            e.refunded, e.refunded_quantity
        FROM f JOIN experiments_event e
        ON e.site_id = %s AND e.{UNIT_COLUMNS[unit_type]} = f.unit_id
        AND e.ts_us >= f.t0 AND e.ts_us < f.t0 + {cut.window_days * DAY_US} AND e.ts_us <= %s
        WHERE e.type IN ({slots}) AND e.traffic = ''{verified}"""  # noqa: S608 - as above
    return sql, (cut.site_id, cut.until_us, *types)


def _slate_sums(terms: Sequence[tuple[int, Term]], cut: Cut) -> Part:
    columns = ",\n        ".join(f"CAST({t.sql} AS BIGINT) AS c{i}" for i, t in terms)
    sql = f"""sl AS (
    SELECT f.unit_id,
        {columns}
    FROM f JOIN experiments_slate s
        ON s.experiment_id = %s AND s.phase = %s AND s.unit_id = f.unit_id
        AND s.ts_us >= f.t0 AND s.ts_us < f.t0 + {cut.window_days * DAY_US} AND s.ts_us <= %s
        AND s.reason = %s
    GROUP BY f.unit_id
)"""  # noqa: S608 - names from the tables above; every value is bound
    # What testers and overridden units were shown counts for nothing.
    return sql, (cut.experiment_id, cut.phase, cut.until_us, Reason.SPLIT.value)


def _per_unit(terms: Sequence[Term], *, has_events: bool, has_slates: bool) -> Part:
    source = {"events": "ev", "slates": "sl"}
    columns = ", ".join(
        f"COALESCE({source[term.source]}.c{i}, 0) AS c{i}" for i, term in enumerate(terms)
    )
    joins = " LEFT JOIN ev ON ev.unit_id = f.unit_id" if has_events else ""
    joins += " LEFT JOIN sl ON sl.unit_id = f.unit_id" if has_slates else ""
    return f"u AS (\n    SELECT f.variant_id, {columns}\n    FROM f{joins}\n)", ()  # noqa: S608


def _columns(metric: MetricQuery, sides: Sequence[int], terms: Sequence[Term]) -> tuple[str, ...]:
    """Return the summed expressions of one metric: Σy, Σy² in parts, then Σx, Σx², Σxy in parts."""
    y = f"c{sides[0]}"
    if metric.kind == "binary":
        y = f"CASE WHEN {y} > 0 THEN 1 ELSE 0 END"
    high, low = _parts(y, is_large=terms[sides[0]].is_large)
    sums = [y, f"{high} * {high}", f"{high} * {low}", f"{low} * {low}"]
    if metric.kind != "ratio":
        return tuple(sums)
    if terms[sides[1]].is_large:
        raise InvalidInputError(f"the denominator of {metric.key!r} must be a count")
    x = f"c{sides[1]}"
    return (*sums, x, f"{x} * {x}", f"{high} * {x}", f"{low} * {x}")


def _parts(y: str, *, is_large: bool) -> tuple[str, str]:
    """Return y split in a high and a low part; all of it is low when it is a count."""
    if not is_large:
        return "0", f"({y})"
    return f"({y} / {SPLIT})", f"({y} - {y} / {SPLIT} * {SPLIT})"


def run_query(query: Query) -> dict[str, dict[int, Moments]]:
    """Return the moments of every metric by variant id; variants without units are absent.

    Runs in a savepoint, so that a caller's transaction survives a statement that fails.
    """
    with transaction.atomic(), connection.cursor() as cursor, _hash_joins(cursor):
        cursor.execute(query.sql, query.values)
        rows = cursor.fetchall()
    return decode_rows(query, rows)


@contextmanager
def _hash_joins(cursor: Any) -> Iterator[None]:
    """Keep PostgreSQL from nested loops.

    A new experiment's rows are missing from the planner's statistics until the next ANALYZE. It
    then expects one row and compares all units with all events: hours instead of seconds.
    """
    if connection.vendor != "postgresql":
        yield
        return
    cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


def decode_rows(query: Query, rows: Iterable[Sequence[Any]]) -> dict[str, dict[int, Moments]]:
    """Return the moments that the statement's rows hold."""
    out: dict[str, dict[int, Moments]] = {metric.key: {} for metric in query.metrics}
    for variant_id, n, *sums in rows:
        numbers = iter([_exact(number) for number in sums])
        for metric, columns in zip(query.metrics, query.columns, strict=True):
            group = [next(numbers) for _ in columns]
            out[metric.key][int(variant_id)] = _moments(int(n), group)
    return out


def _exact(number: Any) -> int:
    """Return a sum as an integer; SQLite answers with a float once a square passes 2^63."""
    if isinstance(number, float):
        raise InvalidInputError("a unit's value is too large to be squared exactly")
    return int(number or 0)


def _moments(n: int, sums: Sequence[int]) -> Moments:
    y, hh, hl, ll, *ratio = sums
    yy = SPLIT**2 * hh + 2 * SPLIT * hl + ll
    if not ratio:
        return Moments(n, y, yy)
    x, xx, hx, lx = ratio
    return Moments(n, y, yy, x, xx, SPLIT * hx + lx)
