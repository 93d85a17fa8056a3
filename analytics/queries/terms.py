"""What a metric sums per unit: its two sides as integers over events or slates."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from analytics.errors import DefinitionError, InvalidInputError
from analytics.queries.definitions import (
    ATTRIBUTED,
    EVENTS,
    SESSIONS,
    SLATES,
    MetricQuery,
    event_type,
    event_types_in,
    require_known,
    steps_of,
)
from analytics.queries.filters import conditions

__all__ = ["MetricQuery", "Term", "Terms", "event_types", "term_of"]

EVENT_SUMS = {"amount": "refunded", "quantity": "refunded_quantity"}  # what refunds took back
# What a list's columns add up to, and whether a unit's sum of it may be large.
SLATE_SUMS = {
    "clicked": False,
    "n_items": False,
    "pairs": False,
    "unlike_pairs": False,
    "n_known": False,
    "n_tail": False,
    "novelty_mbit": True,
    "latency_us": True,
}
# Single values, for quantiles.
VALUES = {EVENTS: ("amount", "quantity", "rank"), SLATES: ("latency_us", "n_items")}
# Of a time in µs nearly every value differs; in steps of 0.1 ms there are few enough to hand over.
FINE_ENOUGH = {"latency_us": "(s.latency_us / 100 * 100)"}
REFUND = "refund"
CLICK, PURCHASE = "select_item", "purchase"
FUNNEL = "funnel"
ORDERS = "COUNT(DISTINCT CASE WHEN e.type = %s THEN e.order_ref END)"
FIRST_ORDERS = "SUM(CASE WHEN e.type = %s AND e.nth = 1 THEN 1 ELSE 0 END)"


@dataclass(frozen=True, slots=True)
class Term:
    """One integer per unit: its SQL over events or slates, and whether it may be large.

    `start`: the day after first exposure from which on it counts, `days`: for how many, None for
    those of the cut. `steps`: of a funnel, each a type with its condition, in order; such a term is
    1 where all of them were taken.
    """

    source: str
    sql: str
    values: tuple[Any, ...]
    is_large: bool
    start: int = 0
    days: int | None = None
    steps: tuple[tuple[str, str, tuple[Any, ...]], ...] = ()

    @property
    def counts_once(self) -> bool:
        """Tell whether something is counted once, however often it happened."""
        return "DISTINCT" in self.sql

    @property
    def is_distinct(self) -> bool:
        """Tell whether it counts each order once, all of them alike."""
        return self.sql == ORDERS

    @property
    def daily(self) -> "Term":
        """Return the term as it adds up over days; what is counted once is so on its first."""
        return replace(self, sql=FIRST_ORDERS) if self.is_distinct else self

    def window(self, window_days: int) -> tuple[int, int]:
        """Return the days it counts in a cut of so many, [start, stop)."""
        days = window_days if self.days is None else self.days
        return self.start, self.start + days


def term_of(
    definition: Mapping[str, Any],
    *,
    field: str = "numerator",
    start: int = 0,
    days: int | None = None,
) -> Term:
    """Return the per-unit SQL of one side of a metric; raises DefinitionError on a bad one."""
    source = require_known(definition, field)
    if "steps" in definition:
        return _funnel(definition, field, start, days)
    return Term(source, *_SOURCES[source](definition, field), start, days)


Found = tuple[str, tuple[Any, ...], bool]


def _slate_term(definition: Mapping[str, Any], field: str) -> Found:
    column = definition.get("sum")
    text, values = conditions(definition.get("where"), SLATES, field)
    if column is None:
        counted = f"SUM(CASE WHEN {text[5:]} THEN 1 ELSE 0 END)" if text else "COUNT(*)"
        return counted, values, False
    if column not in SLATE_SUMS:
        raise DefinitionError(
            f"cannot sum {column!r} of slates; known: {sorted(SLATE_SUMS)}", f"{field}.sum"
        )
    summed = f"COALESCE(s.{column}, 0)" if column == "n_items" else f"s.{column}"
    if text:
        summed = f"CASE WHEN {text[5:]} THEN {summed} ELSE 0 END"
    return f"SUM({summed})", values, SLATE_SUMS[column]


def _event_term(definition: Mapping[str, Any], field: str) -> Found:
    kind = event_type(definition.get("type"), f"{field}.type")
    where, values = conditions(definition.get("where"), EVENTS, field)
    column, count = definition.get("sum"), definition.get("count")
    if column is not None:
        return *_sum_of(definition, kind, (where, values), field), True
    if count not in (None, "order_ref"):
        raise DefinitionError(f"cannot count {count!r}; known: 'order_ref'", f"{field}.count")
    if count is not None:
        sql = f"COUNT(DISTINCT CASE WHEN e.type = %s{where} THEN e.order_ref END)"
        return sql, (kind, *values), False
    return f"SUM(CASE WHEN e.type = %s{where} THEN 1 ELSE 0 END)", (kind, *values), False


def _sum_of(
    definition: Mapping[str, Any], kind: str, where: tuple[str, tuple[Any, ...]], field: str
) -> tuple[str, tuple[Any, ...]]:
    """Return the sum of a column less that of the events that are subtracted.

    A refund that names its order counts where the order was bought, in that unit and window: the
    drain has put it on the purchase. One that names none counts where it happened.
    """
    column, subtract = definition["sum"], definition.get("subtract")
    if column not in EVENT_SUMS:
        raise DefinitionError(f"cannot sum {column!r}; known: {sorted(EVENT_SUMS)}", f"{field}.sum")
    text, values = where
    own, minus, taken = f"COALESCE(e.{column}, 0)", "", ()
    if subtract:
        taken = (event_type(subtract, f"{field}.subtract"), *values)
        by_itself = " AND e.order_id = ''" if subtract == REFUND else ""
        minus = f" WHEN e.type = %s{by_itself}{text} THEN -COALESCE(e.{column}, 0)"
        own += f" - e.{EVENT_SUMS[column]}" if subtract == REFUND else ""
    return f"SUM(CASE WHEN e.type = %s{text} THEN {own}{minus} ELSE 0 END)", (kind, *values, *taken)


def _session_term(definition: Mapping[str, Any], field: str) -> Found:
    types = event_types_in(definition.get("types"), f"{field}.types")
    is_bounced = definition.get("bounced", False)
    if not isinstance(is_bounced, bool):
        raise DefinitionError(f"bounced is true or false, was {is_bounced!r}", f"{field}.bounced")
    sql = "SUM(CASE WHEN e.n_acts = 1 THEN 1 ELSE 0 END)" if is_bounced else "COUNT(*)"
    return sql, types, False


def _attributed_term(definition: Mapping[str, Any], field: str) -> Found:
    return "SUM(e.price * e.quantity)", (), True


_SOURCES = {
    EVENTS: _event_term,
    SLATES: _slate_term,
    SESSIONS: _session_term,
    ATTRIBUTED: _attributed_term,
}


def _funnel(definition: Mapping[str, Any], field: str, start: int, days: int | None) -> Term:
    steps = tuple(
        (step["type"], *conditions(step.get("where"), EVENTS, f"{field}.steps.{number}"))
        for number, step in enumerate(steps_of(definition, f"{field}.steps"))
    )
    return Term(FUNNEL, "", (), False, start, days, steps)


def value_of(metric: MetricQuery) -> tuple[str, str, tuple[Any, ...]]:
    """Return source, text and bound values of a quantile's single values; raises DefinitionError.

    The text is NULL for a row that is not looked at.
    """
    definition = metric.numerator
    source, column = require_known(definition, "numerator"), definition.get("value")
    known = VALUES.get(source, ())
    if column not in known:
        raise DefinitionError(
            f"{source} have no value {column!r}; known: {', '.join(known)}", "numerator.value"
        )
    where, values = conditions(definition.get("where"), source, "numerator")
    if source == SLATES:
        own = FINE_ENOUGH.get(column, f"s.{column}")
        return source, f"CASE WHEN {where[5:]} THEN {own} END" if where else own, values
    kind = event_type(definition.get("type"), "numerator.type")
    return source, f"CASE WHEN e.type = %s{where} THEN e.{column} END", (kind, *values)


def event_types(metrics: Iterable[MetricQuery]) -> list[str]:
    """Return the event types that the metrics look at, so that others are not even read."""
    sides = [side for m in metrics for side in (m.numerator, m.denominator) if side]
    return sorted({name for side in sides for name in _types_in(side) if name})


def _types_in(side: Mapping[str, Any]) -> Iterator[Any]:
    yield from (side.get("type"), side.get("subtract"))
    yield from side.get("types", ())
    yield from (step["type"] for step in side.get("steps", ()))
    if side.get("source") == ATTRIBUTED:
        yield from (CLICK, PURCHASE)


class Terms:
    """The terms of several metrics, each once, however many metrics use it."""

    def __init__(self) -> None:
        """Start without any."""
        self.all: list[Term] = []

    def places(self, metric: MetricQuery) -> tuple[int, ...]:
        """Return where the metric's sides stand; raises DefinitionError on a bad definition."""
        if metric.kind == "quantile":
            raise InvalidInputError(f"the quantile {metric.key!r} is of values, not of sums")
        fields = ("numerator", "denominator")
        return tuple(
            self._place(metric, side, field)
            for side, field in zip(metric.sides, fields, strict=False)
        )

    def of(self, source: str) -> list[tuple[int, Term]]:
        """Return the terms over a source, with their places."""
        return [(i, term) for i, term in enumerate(self.all) if term.source == source]

    def reach(self, window_days: int) -> int:
        """Return the days after first exposure by which every term has ended."""
        return max((term.window(window_days)[1] for term in self.all), default=window_days)

    def _place(self, metric: MetricQuery, definition: Mapping[str, Any], field: str) -> int:
        start, days = metric.span
        term = term_of(definition, field=field, start=start, days=days)
        if term not in self.all:
            self.all.append(term)
        return self.all.index(term)
