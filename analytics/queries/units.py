"""The per-unit part of every statement: exposed units, and what they did in a span of time.

Integers only, CASE instead of casts: the same numbers on every engine. Values are bound; what is
written into the text comes from the tables below and in `terms`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from analytics.queries.filters import of_attribute
from analytics.queries.terms import Term
from analytics.queries.visits import Visits
from experiments.assignment.specs import Reason

UNIT_COLUMNS = {"visitor": "visitor_id", "account": "account_id", "session": "session_id"}
DAY_US = 86_400_000_000
HISTORY_DAYS = 28  # before first exposure, for CUPED
VIEWED = "view_item_list"  # by which a storefront says that a list was on the screen

SINCE, BEFORE = " FILTER (WHERE e.ts_us >= e.t0)", " FILTER (WHERE e.ts_us < e.t0)"
# An order counts on the first of its days, before first exposure and after it by itself.
FIRST_OF_ORDER = """(
    SELECT e.*, ROW_NUMBER() OVER (
        PARTITION BY e.unit_id, e.type, e.order_ref, CASE WHEN e.ts_us < e.t0 THEN 0 ELSE 1 END
        ORDER BY e.ts_us
    ) AS nth
    FROM {}
    ) e"""

Part = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Cut:
    """Which rows are looked at: one phase of one experiment, up to a moment.

    `fallback_unit_type`: whose id stands in where a unit has none of `unit_type`; "" for none. The
    events of a unit are then found by the type of id that its exposure names. `units`: only these;
    empty for all. `is_lateral`: by look-ups of each of these units, which only PostgreSQL can say,
    and of its events only in the days that stand beside it. `segment`: only units that had these
    attributes at first exposure; `day_from`, `day_to`: only those first exposed on these days of
    the site, "" for no end. `is_viewed`: only units whose storefront saw one of the lists shown,
    and they count from then on. `visits`: units by what they were served instead of by exposures.
    """

    site_id: int
    experiment_id: int
    phase: int
    unit_type: str
    window_days: int
    until_us: int
    count_unverified: bool = True
    fallback_unit_type: str = ""
    units: tuple[str, ...] = ()
    is_lateral: bool = False
    segment: tuple[tuple[str, str | bool | int], ...] = ()
    day_from: str = ""
    day_to: str = ""
    is_viewed: bool = False
    visits: Visits | None = None

    def own_slates(self) -> tuple[Part, Part]:
        """Return by what a unit's lists `s` are found, and which of them count."""
        if self.visits is not None:
            return self.visits.slates(self.site_id, UNIT_COLUMNS[self.unit_type])
        own = "s.experiment_id = %s AND s.phase = %s AND s.unit_id = f.unit_id"
        return (own, (self.experiment_id, self.phase)), ("s.reason = %s", (Reason.SPLIT.value,))

    @property
    def first_day(self) -> str:
        """Return the column of the site's day from which on a unit counts."""
        return f"{self._since}.day"

    @property
    def first_us(self) -> str:
        """Return the column of the moment from which on a unit counts."""
        return f"{self._since}.ts_us"

    @property
    def _since(self) -> str:
        return "v" if self.is_viewed else "x"

    def among(self, column: str) -> Part:
        """Return the condition that a column holds one of the units, "" where all count."""
        if not self.units:
            return "", ()
        # Else a partial index would not be known to hold them.
        there = f" AND {column} <> ''"
        if self.is_lateral:
            return there, ()
        return f"{there} AND {column} IN ({slots(self.units)})", self.units

    def asked(self) -> Part:
        """Return the condition on first exposures `x`, "" where all count."""
        found = [of_attribute("x.attributes", name, value) for name, value in self.segment]
        days = ((">=", self.day_from), ("<=", self.day_to))
        found += [(f"{self.first_day} {operator} %s", (day,)) for operator, day in days if day]
        texts = "".join(f" AND {text}" for text, _values in found)
        return texts, tuple(value for _text, values in found for value in values)

    def join(self, table: str, row: str, condition: str) -> str:
        """Return the join of the exposed units with rows of a table.

        A subquery with an OFFSET is planned by itself: all that is left is to look up each unit's
        rows by their index, whatever is known of new rows.
        """
        if not self.is_lateral:
            return f"JOIN {table} {row} ON {condition}"
        rows = f"SELECT * FROM {table} {row} WHERE {condition} OFFSET 0"  # noqa: S608 - names
        return f"CROSS JOIN LATERAL ({rows}) {row}"


@dataclass(frozen=True, slots=True)
class Span:
    """Days after a unit's first exposure, [start, stop).

    `days`: the first and the last day of the site that any unit's span can touch. A table that is
    split by day is then not searched in the others.
    """

    start: int
    stop: int
    days: tuple[str, str] | None = None

    def over(self, row: str) -> str:
        """Return the condition that a row (`e` or `s`) falls in the span of its unit."""
        start, stop = (f"f.t0 + {days * DAY_US}" for days in (self.start, self.stop))
        return f"{row}.ts_us >= {start} AND {row}.ts_us < {stop}"


class Extra(NamedTuple):
    """More of the exposed units: columns, each led by a comma, and joins, with what they bind."""

    columns: str = ""
    values: tuple[Any, ...] = ()
    joins: str = ""
    joined: tuple[Any, ...] = ()


def exposed(cut: Cut, extra: Extra = Extra()) -> Part:  # noqa: B008 - it is immutable
    """Return the units that count."""
    if cut.visits is not None:
        return cut.visits.units(cut.site_id, cut.unit_type, UNIT_COLUMNS[cut.unit_type])
    among, units = cut.among("x.unit_id")
    asked, wanted = cut.asked()
    counts = f"""x.experiment_id = %s AND x.phase = %s AND NOT x.is_multiple AND x.traffic = ''
        AND x.ts_us <= %s{among}{asked}"""
    viewed, seen = _viewed(cut)
    source = f"experiments_exposure x{viewed}{extra.joins}\n    WHERE {counts}"
    given: tuple[Any, ...] = ()
    if cut.is_lateral:
        looked_up = cut.join("experiments_exposure", "x", f"x.unit_id = u.unit_id AND {counts}")
        source = f"unnest(%s::text[]) AS u(unit_id) {looked_up}"
        given = (list(cut.units),)
    sql = f"""f AS (
    SELECT x.unit_id, x.unit_type, x.variant_id, {cut.first_us} AS t0{extra.columns}
    FROM {source}
)"""  # noqa: S608 - names from the tables above; every value is bound
    counted = (cut.experiment_id, cut.phase, cut.until_us, *units, *wanted)
    return sql, (*extra.values, *given, *seen, *extra.joined, *counted)


def _viewed(cut: Cut) -> Part:
    """Return the join with when each unit first saw one of the experiment's lists shown."""
    if not cut.is_viewed:
        return "", ()
    join = """
    JOIN (
        SELECT s.unit_id, MIN(e.ts_us) AS ts_us, MIN(e.day) AS day
        FROM experiments_event e
        JOIN experiments_slate s ON s.site_id = e.site_id AND s.request_id = e.request_id
        WHERE e.site_id = %s AND e.type = %s AND e.ts_us <= %s AND e.traffic = ''
            AND s.experiment_id = %s AND s.phase = %s AND s.reason = %s
        GROUP BY s.unit_id
    ) v ON v.unit_id = x.unit_id"""
    where = (cut.site_id, VIEWED, cut.until_us, cut.experiment_id, cut.phase, Reason.SPLIT.value)
    return join, where


def event_sums(
    terms: Sequence[tuple[int, Term]],
    types: Sequence[str],
    cut: Cut,
    span: Span,
    whens: Sequence[str] = ("",),
    *,
    is_shared: bool = False,
    is_daily: bool = False,
) -> Part:
    """Return the terms over events per unit that has any in the span.

    With several `whens` all terms stand once for each: `SINCE` or `BEFORE` first exposure.
    `is_shared`: the events stand in a part of their own, `r`. `is_daily`: per unit and day, of
    which none is before that of its first exposure.
    """
    rows, bound = events_of_units(types, cut, span, kept=", f.day AS first_day" if is_daily else "")
    source, read = ("r e", ()) if is_shared else (f"(\n{rows}\n    ) e", bound)
    day = _day_of("e.day", "e.first_day") if is_daily else ""
    if is_daily:
        terms = [(i, term.daily) for i, term in terms]
        source = FIRST_OF_ORDER.format(source)
    columns = ",\n        ".join(_columns(terms, cut, span, "e", when) for when in whens)
    sql = f"""ev AS (
    SELECT e.unit_id{day and f"{day} AS day"},
        {columns}
    FROM {source}
    GROUP BY e.unit_id{day}
)"""  # noqa: S608 - as above
    values = [value for _i, term in terms for value in term.values]
    return sql, (*values * len(whens), *read)


def _columns(
    terms: Sequence[tuple[int, Term]], cut: Cut, span: Span, row: str, when: str = ""
) -> str:
    name = "h" if when == BEFORE else "c"
    return ",\n        ".join(
        f"CAST({term.sql}{_filter(term, cut, span, row, when)} AS BIGINT) AS {name}{i}"
        for i, term in terms
    )


def _filter(term: Term, cut: Cut, span: Span, row: str, when: str) -> str:
    """Return the filter that keeps a term to its own days, "" where the span says as much."""
    if when == BEFORE:
        return when
    start, stop = term.window(cut.window_days)
    t0 = "e.t0" if row == "e" else "f.t0"
    asked = [f"{row}.ts_us >= {t0} + {start * DAY_US}"] if start else []
    if stop != span.stop:
        asked.append(f"{row}.ts_us < {t0} + {stop * DAY_US}")
    if not asked:
        return when
    if when == SINCE and not start:
        asked.insert(0, "e.ts_us >= e.t0")
    return f" FILTER (WHERE {' AND '.join(asked)})"


def _day_of(day: str, first_day: str) -> str:
    return f", CASE WHEN {day} < {first_day} THEN {first_day} ELSE {day} END"


def events_of_units(types: Sequence[str], cut: Cut, span: Span, kept: str = "") -> Part:
    """Return the events in each unit's span, found by the id that its exposure names.

    `kept`: further columns of `f`, each led by a comma.
    """
    if not cut.fallback_unit_type:
        return _events_by(cut.unit_type, types, cut, span, kept)
    # An exposure that names no type has the experiment's own.
    own, own_values = _events_by(cut.unit_type, types, cut, span, kept)
    other, other_values = _events_by(cut.fallback_unit_type, types, cut, span, kept)
    sql = f"""{own} AND f.unit_type <> %s
        UNION ALL
{other} AND f.unit_type = %s"""
    fallback = cut.fallback_unit_type
    return sql, (*own_values, fallback, *other_values, fallback)


def _events_by(unit_type: str, types: Sequence[str], cut: Cut, span: Span, kept: str) -> Part:
    verified = "" if cut.count_unverified else " AND (e.is_verified OR e.type <> 'purchase')"
    days = " AND e.day >= %s AND e.day <= %s" if span.days else ""
    if cut.is_lateral:
        days += " AND e.day >= f.first_day AND e.day <= f.last_day"
    # Said of both sides of the join, so that each is found by its own index.
    among, units = cut.among(f"e.{UNIT_COLUMNS[unit_type]}")
    own = f"""e.site_id = %s AND e.{UNIT_COLUMNS[unit_type]} = f.unit_id
        AND {span.over("e")} AND e.ts_us <= %s{days}{among}"""
    sql = f"""        SELECT f.unit_id, f.t0{kept}, e.site_id, e.type, e.ts_us, e.day, e.session_id,
            e.request_id, e.item_id, e.rank, e.items, e.amount, e.quantity, e.order_ref,
            e.order_id, e.refunded, e.refunded_quantity, e.attributes, e.properties
        FROM f {cut.join("experiments_event", "e", own)}
        WHERE e.type IN ({slots(types)}) AND e.traffic = ''{verified}"""  # noqa: S608 - as above
    return sql, (cut.site_id, cut.until_us, *(span.days or ()), *units, *types)


def slate_sums(
    terms: Sequence[tuple[int, Term]], cut: Cut, span: Span, *, is_daily: bool = False
) -> Part:
    """Return the terms over slates per unit that was shown any in the span.

    What testers and overridden units were shown counts for nothing. `is_daily`: per unit and day.
    """
    day = _day_of("s.day", "f.day") if is_daily else ""
    among, units = cut.among("s.unit_id")
    (found, found_by), (counts, counted) = cut.own_slates()
    own = f"""{found}
        AND {span.over("s")} AND s.ts_us <= %s{among}"""
    sql = f"""sl AS (
    SELECT f.unit_id{day and f"{day} AS day"},
        {_columns(terms, cut, span, "s")}
    FROM f {cut.join("experiments_slate", "s", own)}
    WHERE {counts}
    GROUP BY f.unit_id{day}
)"""  # noqa: S608 - as above
    values = tuple(value for _i, term in terms for value in term.values)
    return sql, (*values, *found_by, cut.until_us, *units, *counted)


def slots(values: Sequence[Any]) -> str:
    """Return the slots of bound values.

    >>> slots("ab")
    '%s, %s'
    """
    return ", ".join(["%s"] * len(values))
