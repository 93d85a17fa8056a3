"""Terms that are no sum over rows: sessions, steps taken in order, revenue of what was clicked.

Each is a part of the statement by itself and reads `r`, the events of the exposed units.
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
    clicked = f"""ck{place} AS (
    SELECT e.unit_id, e.item_id, MIN(e.ts_us) AS at_us FROM r e
    WHERE e.type = %s AND e.request_id IS NOT NULL AND e.item_id <> '' AND {_during(term, cut)}
    GROUP BY e.unit_id, e.item_id
)"""  # noqa: S608 - as above
    yield clicked, (CLICK,)
    bought = f"""at{place} AS (
    SELECT e.unit_id, CAST({term.sql} AS BIGINT) AS c{place}
    FROM (
        SELECT e.unit_id, e.ts_us, CAST(l.value ->> 'item_id' AS VARCHAR) AS item_id,
            COALESCE(CAST(l.value ->> 'price' AS BIGINT), 0) AS price,
            COALESCE(CAST(l.value ->> 'quantity' AS BIGINT), 1) AS quantity
        FROM r e CROSS JOIN {LINES[connection.vendor]}
        WHERE e.type = %s AND {_during(term, cut)}
    ) e
    JOIN ck{place} k ON k.unit_id = e.unit_id AND k.item_id = e.item_id AND k.at_us <= e.ts_us
    GROUP BY e.unit_id
)"""  # noqa: S608 - as above
    yield bought, (PURCHASE,)


def _funnel(place: int, term: Term, cut: Cut) -> Iterator[Part]:
    """Yield a part per step: the first moment at which a unit had taken it and all before."""
    last = len(term.steps) - 1
    for number, (kind, where, values) in enumerate(term.steps):
        name = f"fn{place}" if number == last else f"fn{place}_{number}"
        after = f"fn{place}_{number - 1} p JOIN r e ON e.unit_id = p.unit_id AND e.ts_us >= p.at_us"
        sql = f"""{name} AS (
    SELECT e.unit_id, MIN(e.ts_us) AS at_us, 1 AS c{place}
    FROM {after if number else "r e"}
    WHERE e.type = %s{where} AND {_during(term, cut)}
    GROUP BY e.unit_id
)"""  # noqa: S608 - as above
        yield sql, (kind, *values)


_PARTS = {SESSIONS: _sessions, ATTRIBUTED: _attributed, FUNNEL: _funnel}
