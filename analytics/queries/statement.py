"""One portable SQL text that reduces rows to moments, and the code that decodes its answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.engines.database import DATABASE
from analytics.engines.dialects import Engine
from analytics.queries.sums import exact_sums, moments_from, sum_columns
from analytics.queries.terms import MetricQuery, Terms, event_types
from analytics.queries.units import Cut, Part, Span, event_sums, exposed, slate_sums
from analytics.stats.moments import Moments


@dataclass(frozen=True, slots=True)
class Query:
    """A statement, its values in order, and how its columns become moments."""

    sql: str
    values: tuple[Any, ...]
    metrics: tuple[MetricQuery, ...]
    columns: tuple[tuple[str, ...], ...]


def compile_query(metrics: Sequence[MetricQuery], cut: Cut) -> Query:
    """Return one statement for all metrics: a row per variant with n and every sum."""
    terms, span = Terms(), Span(0, cut.window_days)
    sides = [terms.places(metric) for metric in metrics]
    parts = [exposed(cut)]
    if events := terms.of("events"):
        parts.append(event_sums(events, event_types(metrics), cut, span))
    if slates := terms.of("slates"):
        parts.append(slate_sums(slates, cut, span))
    parts.append(_per_unit(terms))
    columns = tuple(sum_columns(m, s, terms.all) for m, s in zip(metrics, sides, strict=True))
    selected = ", ".join(f"SUM({text})" for group in columns for text in group)
    text = "WITH " + ",\n".join(sql for sql, _values in parts)
    text += f"\nSELECT variant_id, COUNT(*), {selected}\nFROM u GROUP BY variant_id"
    values = tuple(value for _sql, group in parts for value in group)
    return Query(text, values, tuple(metrics), columns)


def check_metric(metric: MetricQuery) -> None:
    """Raise InvalidInputError when the metric could not be compiled."""
    terms = Terms()
    sum_columns(metric, terms.places(metric), terms.all)


def _per_unit(terms: Terms) -> Part:
    source = {"events": "ev", "slates": "sl"}
    columns = ", ".join(
        f"COALESCE({source[term.source]}.c{i}, 0) AS c{i}" for i, term in enumerate(terms.all)
    )
    joins = " LEFT JOIN ev ON ev.unit_id = f.unit_id" if terms.of("events") else ""
    joins += " LEFT JOIN sl ON sl.unit_id = f.unit_id" if terms.of("slates") else ""
    return f"u AS (\n    SELECT f.variant_id, {columns}\n    FROM f{joins}\n)", ()  # noqa: S608


def run_query(query: Query, engine: Engine = DATABASE) -> dict[str, dict[int, Moments]]:
    """Return the moments of every metric by variant id; variants without units are absent.

    `engine`: where the statement runs. Raises TooSlowError when it takes longer than it may.
    """
    return decode_rows(query, engine.rows(query.sql, query.values))


def decode_rows(query: Query, rows: Iterable[Sequence[Any]]) -> dict[str, dict[int, Moments]]:
    """Return the moments that the statement's rows hold."""
    out: dict[str, dict[int, Moments]] = {metric.key: {} for metric in query.metrics}
    for variant_id, n, *sums in rows:
        numbers = iter(exact_sums(sums))
        for metric, columns in zip(query.metrics, query.columns, strict=True):
            group = [next(numbers) for _ in columns]
            out[metric.key][int(variant_id)] = moments_from(int(n), group)
    return out
