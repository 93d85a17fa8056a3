"""What a metric sums per unit: its two sides as integers over events or slates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from analytics.errors import InvalidInputError

EVENT_SUMS = {"amount": "refunded", "quantity": "refunded_quantity"}  # what refunds took back
REFUND = "refund"


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

    @property
    def sides(self) -> list[Mapping[str, Any]]:
        """Return the definitions of its sides; raises InvalidInputError where one is missing."""
        if self.kind == "ratio" and self.denominator is None:
            raise InvalidInputError(f"the ratio {self.key!r} needs a denominator")
        return [self.numerator, *([self.denominator] if self.denominator else [])]


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


class Terms:
    """The terms of several metrics, each once, however many metrics use it."""

    def __init__(self) -> None:
        """Start without any."""
        self.all: list[Term] = []

    def places(self, metric: MetricQuery) -> tuple[int, ...]:
        """Return where the metric's sides stand; raises InvalidInputError on a bad definition."""
        return tuple(self._place(side) for side in metric.sides)

    def of(self, source: str) -> list[tuple[int, Term]]:
        """Return the terms over events or slates, with their places."""
        return [(i, term) for i, term in enumerate(self.all) if term.source == source]

    def _place(self, definition: Mapping[str, Any]) -> int:
        term = term_of(definition)
        if term not in self.all:
            self.all.append(term)
        return self.all.index(term)
