"""The same per-unit sums for a few named units, each found by its own indexes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from analytics.queries.terms import Term, Terms
from analytics.queries.units import (
    BEFORE,
    DAY_US,
    SINCE,
    Cut,
    Part,
    Span,
    event_sums,
    exposed,
    slate_sums,
)
from experiments.clock import EPOCH

EVER_US = 2**62  # later than any row
# Left alone, while its statistics know nothing of new rows, the planner would read whole tables for
# each unit.
LOOKUPS = """
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SET LOCAL random_page_cost = 0.1;
SET LOCAL jit = off
"""
AS_BEFORE = """
SET LOCAL enable_seqscan TO DEFAULT;
SET LOCAL enable_bitmapscan TO DEFAULT;
SET LOCAL random_page_cost TO DEFAULT;
SET LOCAL jit TO DEFAULT
"""
# What is known of the units, with the days that each one's span can touch: of a table that is split
# by day, only these are then looked into.
NAMED = """f AS (
    SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[])
        AS f(unit_id, unit_type, t0, first_day, last_day)
)"""


class Exposed(NamedTuple):
    """What an analysis needs of a unit's exposure; `t0`: when it was first exposed, in µs."""

    variant_id: int
    unit_type: str
    t0: int


Units = Mapping[str, Exposed]
Sums = dict[str, tuple[int, ...]]  # by unit, in the order of the terms


def exposed_among(cut: Cut) -> dict[str, Exposed]:
    """Return the exposures of the cut's units that count, by unit."""
    sql, values = exposed(_looked_up(cut))
    rows = _rows(f"WITH {sql}\nSELECT unit_id, variant_id, unit_type, t0 FROM f", values)
    return {unit: Exposed(*exposure) for unit, *exposure in rows}


def event_sums_of(
    terms: Terms, types: Sequence[str], cut: Cut, units: Units, *, history_days: int = 0
) -> Sums:
    """Return the terms over events of these units since first exposure, of those that have any.

    With `history_days` all terms follow once more, over so many days before it.
    """
    whens = (SINCE, BEFORE) if history_days else ("",)

    def part(cut: Cut, span: Span) -> Part:
        return event_sums(terms.of("events"), types, cut, span, whens)

    span = Span(-history_days, terms.reach(cut.window_days))
    return _sums(cut, units, span, part, "ev")


def slate_sums_of(terms: Terms, cut: Cut, units: Units) -> Sums:
    """Return the terms over slates of these units, of those that were shown any in their window."""

    def part(cut: Cut, span: Span) -> Part:
        return slate_sums(terms.of("slates"), cut, span)

    return _sums(cut, units, Span(0, terms.reach(cut.window_days)), part, "sl")


def places(found: list[tuple[int, Term]]) -> dict[int, int]:
    """Return where a term's value stands among a source's sums, by the term's place."""
    return {place: index for index, (place, _term) in enumerate(found)}


def _looked_up(cut: Cut) -> Cut:
    return replace(cut, is_lateral=connection.vendor == "postgresql")


def _sums(cut: Cut, units: Units, span: Span, part: Callable[[Cut, Span], Part], name: str) -> Sums:
    if not units:
        return {}
    cut = replace(_looked_up(cut), units=tuple(units))
    days = [_days(span, exposure.t0) for exposure in units.values()]
    head, head_values = _named(units, days) if cut.is_lateral else exposed(cut)
    first_days, last_days = zip(*days, strict=True)
    body, values = part(cut, replace(span, days=(min(first_days), max(last_days))))
    rows = _rows(f"WITH {head},\n{body}\nSELECT * FROM {name}", (*head_values, *values))
    return {unit: tuple(int(value or 0) for value in sums) for unit, *sums in rows}


def _named(units: Units, days: Sequence[tuple[str, str]]) -> Part:
    rows = [
        (unit, exposure.unit_type, exposure.t0, *touched)
        for (unit, exposure), touched in zip(units.items(), days, strict=True)
    ]
    return NAMED, tuple(map(list, zip(*rows, strict=True)))


def _days(span: Span, t0: int) -> tuple[str, str]:
    """Return the first and the last day that the span of a unit can touch.

    A day more at each end: the site's day may begin up to fourteen hours away from UTC's.
    """
    day = t0 // DAY_US
    return _iso_day(day + span.start - 1), _iso_day(day + span.stop + 1)


@lru_cache(maxsize=4096)
def _iso_day(number: int) -> str:
    return (EPOCH + timedelta(days=number)).date().isoformat()


def _rows(sql: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor, _by_lookups(cursor):
        cursor.execute(sql, values)
        return cursor.fetchall()


@contextmanager
def _by_lookups(cursor: Any) -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    cursor.execute(LOOKUPS)
    yield
    cursor.execute(AS_BEFORE)
