"""Every value with how many have it: units' numerators for caps, single values for quantiles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.engines.current import IN_USE
from analytics.engines.dialects import Engine
from analytics.queries.compiler import Compiler
from analytics.queries.definitions import MetricQuery
from analytics.queries.terms import event_types, value_of
from analytics.queries.units import Cut, Part, Span, events_of_units, exposed
from analytics.stats.value_counts import ValueCounts


@dataclass(frozen=True, slots=True)
class ValuesQuery:
    """A statement whose rows are variant id, value and how often; its values in order."""

    sql: str
    values: tuple[Any, ...]


def compile_values(metric: MetricQuery, cut: Cut) -> ValuesQuery:
    """Return the statement of a metric's values, by variant.

    Of a quantile: its single values; units that have none are not in it. Of any other: the units'
    numerators, zeros included, and only of units that count. Raises DefinitionError.
    """
    if metric.kind == "quantile":
        return _single_values(metric, cut)
    found = Compiler([metric], cut)
    column = found.selected.texts[found.columns[0].sums[0]].replace("{z}", "z")
    mature = found.columns[0].n
    where = (
        "" if mature is None else f" WHERE {found.selected.texts[mature].replace('{z}', 'z')} = 1"
    )
    sql, values = found.ending(
        f"SELECT variant_id, {column}, COUNT(*)\nFROM z{where} GROUP BY variant_id, {column}"
    )
    return ValuesQuery(sql, values)


def _single_values(metric: MetricQuery, cut: Cut) -> ValuesQuery:
    source, text, bound = value_of(metric)
    start, days = metric.span
    span = Span(start, start + (cut.window_days if days is None else days))
    head, counted = exposed(cut)
    rows, read = (_events if source == "events" else _slates)(metric, cut, span, text, bound)
    sql = f"""WITH {head},
o AS (
{rows}
)
SELECT o.variant_id, o.v, COUNT(*)
FROM o WHERE o.v IS NOT NULL GROUP BY o.variant_id, o.v"""  # noqa: S608 - names from the tables of queries; every value is bound
    return ValuesQuery(sql, (*counted, *read))


def _events(metric: MetricQuery, cut: Cut, span: Span, text: str, bound: tuple[Any, ...]) -> Part:
    rows, read = events_of_units(event_types([metric]), cut, span, kept=", f.variant_id")
    return f"    SELECT e.variant_id, {text} AS v FROM (\n{rows}\n    ) e", (*bound, *read)  # noqa: S608


def _slates(metric: MetricQuery, cut: Cut, span: Span, text: str, bound: tuple[Any, ...]) -> Part:
    (found, found_by), (counts, counted) = cut.own_slates()
    sql = f"""    SELECT f.variant_id, {text} AS v
    FROM f JOIN experiments_slate s ON {found}
        AND {span.over("s")} AND s.ts_us <= %s
    WHERE {counts}"""  # noqa: S608 - as above
    return sql, (*bound, *found_by, cut.until_us, *counted)


def run_values(query: ValuesQuery, engine: Engine = IN_USE) -> dict[int, ValueCounts]:
    """Return the values by variant id; variants without any are absent."""
    return decode_values(engine.rows(query.sql, query.values))


def decode_values(rows: Iterable[Sequence[Any]]) -> dict[int, ValueCounts]:
    """Return the values that the rows hold, by variant id."""
    counts: dict[int, dict[int, int]] = {}
    for variant_id, value, n in rows:
        of_variant = counts.setdefault(int(variant_id), {})
        of_variant[int(value)] = of_variant.get(int(value), 0) + int(n)
    return {variant: ValueCounts.from_counts(found) for variant, found in counts.items()}
