"""Terms that are no sum over rows: sessions, steps taken in order, revenue of what was clicked.

Each is a part of the statement by itself and reads `r`, the events of the exposed units. None joins
it with itself: see `merging.py`.
"""

from collections.abc import Iterator

from django.db import connection

from analytics.queries.definitions import ATTRIBUTED, SESSIONS
from analytics.queries.terms import CLICK, FUNNEL, PURCHASE, Term, Terms
from analytics.queries.units import DAY_US, Cut, Part, slots

# How many lines a purchase has differs, and taking them apart is what engines say differently.
LINES = {
    "postgresql": "jsonb_array_elements(e.items) AS l(value)",
    "sqlite": "json_each(e.items) l",
}
NAMES = {SESSIONS: "se", ATTRIBUTED: "at", FUNNEL: "fn"}


def has_sources(terms: Terms) -> bool:
    """Tell whether any of the terms reads `r`."""
    return any(term.source in NAMES for term in terms.all)


def source_name(place: int, term: Term) -> str:
    """Return what the part of such a term is called."""
    return f"{NAMES[term.source]}{place}"


def source_parts(terms: Terms, cut: Cut) -> Iterator[Part]:
    """Yield the parts of all such terms, each with its value per unit."""
    for place, term in enumerate(terms.all):
        if term.source in NAMES:
            yield from _PARTS[term.source](place, term, cut)


def _during(term: Term, cut: Cut) -> str:
    """Return the condition that an event falls in the window of the term."""
    start, stop = (f"e.t0 + {day * DAY_US}" for day in term.window(cut.window_days))
    return f"e.ts_us >= {start} AND e.ts_us < {stop}"


def _sessions(place: int, term: Term, cut: Cut) -> Iterator[Part]:
    sql = f"""se{place} AS (
    SELECT e.unit_id, CAST({term.sql} AS BIGINT) AS c{place}
    FROM (
        SELECT e.unit_id, e.session_id, COUNT(*) AS n_acts FROM r e
        WHERE e.session_id <> '' AND e.type IN ({slots(term.values)}) AND {_during(term, cut)}
        GROUP BY e.unit_id, e.session_id
    ) e
    GROUP BY e.unit_id
)"""  # noqa: S608 - names from the tables of queries; every value is bound
    yield sql, term.values


def _attributed(place: int, term: Term, cut: Cut) -> Iterator[Part]:
    """Yield a part: clicks and lines of purchases in one row, each with its item's first click."""
    clicks = f"""SELECT e.unit_id, e.item_id, e.ts_us, e.ts_us AS click_us,
                0 AS price, 0 AS quantity
            FROM r e WHERE e.type = %s AND e.request_id IS NOT NULL AND e.item_id <> ''
                AND {_during(term, cut)}"""  # noqa: S608 - as above
    lines = f"""SELECT e.unit_id, CAST(l.value ->> 'item_id' AS VARCHAR) AS item_id, e.ts_us, NULL,
                COALESCE(CAST(l.value ->> 'price' AS BIGINT), 0) AS price,
                COALESCE(CAST(l.value ->> 'quantity' AS BIGINT), 1) AS quantity
            FROM r e CROSS JOIN {LINES[connection.vendor]}
            WHERE e.type = %s AND {_during(term, cut)}"""  # noqa: S608 - as above
    sql = f"""at{place} AS (
    SELECT e.unit_id, CAST({term.sql} AS BIGINT) AS c{place}
    FROM (
        SELECT e.unit_id, e.ts_us, e.price, e.quantity,
            MIN(e.click_us) OVER (PARTITION BY e.unit_id, e.item_id) AS at_us
        FROM (
            {clicks}
            UNION ALL
            {lines}
        ) e
    ) e
    WHERE e.at_us <= e.ts_us
    GROUP BY e.unit_id
)"""  # noqa: S608 - as above
    yield sql, (CLICK, PURCHASE)


def _funnel(place: int, term: Term, cut: Cut) -> Iterator[Part]:
    """Yield a part of the steps that events are, and one for the moment each step was taken at.

    A step is taken at its first event at or after that of the step before. The last part has the
    units that took the last.
    """
    name, last = f"fn{place}", len(term.steps) - 1
    steps = [f"CASE WHEN e.type = %s{where} THEN 1 ELSE 0 END" for _type, where, _v in term.steps]
    columns = ", ".join(f"{text} AS k{number}" for number, text in enumerate(steps))
    types = sorted({kind for kind, _where, _values in term.steps})
    taken = f"""{name}_0 AS (
    SELECT e.unit_id, e.ts_us, {columns}
    FROM r e WHERE e.type IN ({slots(types)}) AND {_during(term, cut)}
)"""  # noqa: S608 - as above
    values = [each for kind, _where, bound in term.steps for each in (kind, *bound)]
    yield taken, (*values, *types)
    for number in range(last):
        moment = f"""{name}_{number + 1} AS (
    SELECT e.*, MIN(CASE WHEN {_step(number)} THEN e.ts_us END)
        OVER (PARTITION BY e.unit_id) AS at{number}
    FROM {name}_{number} e
)"""  # noqa: S608 - as above
        yield moment, ()
    sql = f"""{name} AS (
    SELECT e.unit_id, 1 AS c{place} FROM {name}_{last} e WHERE {_step(last)} GROUP BY e.unit_id
)"""  # noqa: S608 - as above
    yield sql, ()


def _step(number: int) -> str:
    """Return the condition that an event is a step, after the one before it was taken."""
    return f"e.k{number} = 1" + (f" AND e.ts_us >= e.at{number - 1}" if number else "")


_PARTS = {SESSIONS: _sessions, ATTRIBUTED: _attributed, FUNNEL: _funnel}
