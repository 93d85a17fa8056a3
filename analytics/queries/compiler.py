"""Writes the statement of several metrics: exposed units, their rows, and one row per unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analytics.queries.columns import Columns, Selected, sides_of
from analytics.queries.daily import daily_units, require_daily
from analytics.queries.definitions import MetricQuery
from analytics.queries.groups import grouping
from analytics.queries.merging import merged, told_by
from analytics.queries.shares import share_terms
from analytics.queries.sources import has_sources, source_parts
from analytics.queries.terms import Term, Terms, event_types
from analytics.queries.units import (
    BEFORE,
    DAY_US,
    HISTORY_DAYS,
    SINCE,
    Cut,
    Extra,
    Part,
    Span,
    event_sums,
    events_of_units,
    exposed,
    slate_sums,
)


@dataclass(slots=True)
class Compiler:
    """The parts of one statement, each value beside the text that binds it.

    `columns`: what is selected for each metric, in their order. Raises DefinitionError on a metric
    that cannot be computed.
    """

    metrics: Sequence[MetricQuery]
    cut: Cut
    by: Sequence[str] = ()
    caps: Mapping[str, int] = field(default_factory=dict)
    with_history: bool = False
    by_day: bool = False
    terms: Terms = field(default_factory=Terms)
    selected: Selected = field(default_factory=Selected)
    columns: tuple[Columns, ...] = ()

    def __post_init__(self) -> None:
        """Find every term and what is summed of it."""
        self.columns = tuple(self._columns(metric) for metric in self.metrics)
        if self.by_day:
            require_daily(self.metrics, self.terms)

    def statement(self) -> Part:
        """Return the statement of every sum, per variant, group and day."""
        groups = self._groups() + (", day" if self.by_day else "")
        n = "SUM(is_new)" if self.by_day else "COUNT(*)"
        summed = ", ".join([n, *(f"SUM({self._summed(text)})" for text in self.selected.texts)])
        return self.ending(
            f"SELECT variant_id{groups}, {summed}\nFROM z GROUP BY variant_id{groups}"
        )

    def ending(self, last: str) -> Part:
        """Return the statement of the parts and what is selected of the last, `z`, a row per unit.

        Each side of each metric is a column of it: z0, z1 and so on.
        """
        parts = [self._exposed(), *self._sources(), self._units(), self._sides()]
        text = "WITH " + ",\n".join(sql for sql, _values in parts)
        return f"{text}\n{last}", tuple(value for _sql, group in parts for value in group)

    def _columns(self, metric: MetricQuery) -> Columns:
        cap = self.caps.get(metric.key)
        if metric.kind == "quantile":
            places = share_terms(self.terms, metric, cap)
            return self.selected.columns(metric, sides_of(metric, places, self.terms.all))
        history, sums = self.with_history, self.terms.places(metric)
        sides = sides_of(metric, sums, self.terms.all, cap=cap, with_history=history)
        return self.selected.columns(metric, sides)

    def _groups(self) -> str:
        return "".join(f", g{number}" for number in range(len(self.by)))

    def _summed(self, text: str) -> str:
        """Return what is summed: of days, what became of a unit's value less what it was before."""
        now = text.replace("{z}", "z")
        return f"{now} - {text.replace('{z}', 'b')}" if self.by_day else now

    def _exposed(self) -> Part:
        extra = grouping(self.by, self.cut)
        if self.by_day:
            extra = Extra(f"{extra.columns}, {self.cut.first_day}", *extra[1:])
        return exposed(self.cut, extra)

    def _sources(self) -> list[Part]:
        """Return the parts that sum rows per unit, and per day."""
        terms, cut, reach = self.terms, self.cut, self.terms.reach(self.cut.window_days)
        span = Span(-HISTORY_DAYS if self.with_history else 0, reach)
        types, parts = event_types(self.metrics), []
        if has_sources(terms):
            rows, bound = events_of_units(types, cut, span)
            parts.append((f"r AS (\n{rows}\n)", bound))
        if events := terms.of("events"):
            whens = (SINCE, BEFORE) if self.with_history else ("",)
            how = {"is_shared": has_sources(terms), "is_daily": self.by_day}
            parts.append(event_sums(events, types, cut, span, whens, **how))
        if slates := terms.of("slates"):
            parts.append(self._slates(slates, Span(0, reach)))
        return [*parts, *source_parts(terms, cut)]

    def _slates(self, terms: Sequence[tuple[int, Term]], span: Span) -> Part:
        return slate_sums(terms, self.cut, span, is_daily=self.by_day)

    def _units(self) -> Part:
        """Return the part of one row per unit: its group, and every term in a column of its own."""
        groups = self._groups().replace(",", " ").split()
        if self.by_day:
            return daily_units(self.terms, groups, with_history=self.with_history)
        days = sorted({metric.day for metric in self.metrics if metric.day is not None})
        kept = {name: f"f.{name}" for name in ("variant_id", *groups)}
        kept |= {
            f"m{day}": f"CASE WHEN f.t0 + {(day + 1) * DAY_US} <= %s THEN 1 ELSE 0 END"
            for day in days
        }
        letters = "ch" if self.with_history else "c"
        sums = [f"{letter}{place}" for letter in letters for place in range(len(self.terms.all))]
        text = merged(["unit_id"], kept, sums, told_by(self.terms, letters))
        return f"u AS (\n    {text}\n)", (self.cut.until_us,) * len(days)

    def _sides(self) -> Part:
        """Return the part in which every side of every metric is a column."""
        kept, sides = self._groups(), list(enumerate(self.selected.sides))
        columns = [f"{text.replace('{c}', 'c')} AS z{number}" for number, text in sides]
        if self.by_day:
            kept += ", day, is_new"
            columns += [
                f"CASE WHEN is_new = 1 THEN 0 ELSE {text.replace('{c}', 'p')} END AS b{number}"
                for number, text in sides
            ]
        own = "".join(f",\n        {column}" for column in columns)
        return f"z AS (\n    SELECT variant_id{kept}{own}\n    FROM u\n)", ()  # noqa: S608 - as above
