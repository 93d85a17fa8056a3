"""The same per-unit sums for a few named units, each found by its own indexes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

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

Sums = dict[str, tuple[int, ...]]  # by unit, in the order of the terms


def exposed_among(cut: Cut) -> dict[str, tuple[int, int]]:
    """Return variant id and first exposure (µs) of the cut's units that count, by unit."""
    sql, values = exposed(_looked_up(cut))
    rows = _rows(f"WITH {sql}\nSELECT unit_id, variant_id, t0 FROM f", values)
    return {unit: (variant_id, t0) for unit, variant_id, t0 in rows}


def event_sums_of(terms: Terms, types: Sequence[str], cut: Cut, span: Span) -> Sums:
    """Return the terms over events of the cut's units that have any in the span.

    First those since first exposure, then all of them once more before it.
    """
    looked_up = _looked_up(cut)
    part = event_sums(terms.of("events"), types, looked_up, span, (SINCE, BEFORE))
    return _sums(looked_up, part, "ev")


def slate_sums_of(terms: Terms, cut: Cut, span: Span) -> Sums:
    """Return the terms over slates of the cut's units that were shown any in the span."""
    looked_up = _looked_up(cut)
    return _sums(looked_up, slate_sums(terms.of("slates"), looked_up, span), "sl")


def places(found: list[tuple[int, Term]]) -> dict[int, int]:
    """Return where a term's value stands among a source's sums, by the term's place."""
    return {place: index for index, (place, _term) in enumerate(found)}


def within(span: Span, first_us: int, last_us: int) -> Span:
    """Return the span with the days it touches for units exposed between two moments.

    A day more at each end: the site's day may begin up to fourteen hours away from UTC's.
    """
    low = EPOCH + timedelta(microseconds=first_us + (span.start - 1) * DAY_US)
    high = EPOCH + timedelta(microseconds=last_us + (span.stop + 1) * DAY_US)
    return replace(span, days=(low.date().isoformat(), high.date().isoformat()))


def _looked_up(cut: Cut) -> Cut:
    return replace(cut, is_lateral=connection.vendor == "postgresql")


def _sums(cut: Cut, part: Part, name: str) -> Sums:
    head, head_values = exposed(cut)
    body, values = part
    rows = _rows(f"WITH {head},\n{body}\nSELECT * FROM {name}", (*head_values, *values))
    return {unit: tuple(int(value or 0) for value in sums) for unit, *sums in rows}


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
