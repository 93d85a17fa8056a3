"""Metrics as SQL: per-unit sums over events and slates, and their reduction to exact moments."""

from analytics.queries.statement import (
    Query,
    check_metric,
    compile_query,
    decode_rows,
    run_query,
)
from analytics.queries.terms import MetricQuery, Term, Terms, event_types, term_of
from analytics.queries.units import DAY_US, HISTORY_DAYS, UNIT_COLUMNS, Cut

__all__ = [
    "DAY_US",
    "HISTORY_DAYS",
    "UNIT_COLUMNS",
    "Cut",
    "MetricQuery",
    "Query",
    "Term",
    "Terms",
    "check_metric",
    "compile_query",
    "decode_rows",
    "event_types",
    "run_query",
    "term_of",
]
