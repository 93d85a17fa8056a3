"""Metrics as SQL: per-unit sums over events and slates, and their reduction to exact moments.

`compile_query(metrics, cut, by=(), caps={}, with_history=False, by_day=False)` writes one portable
statement. `run_query` and `decode_rows` give `{metric key: {variant id: Moments}}`, `run_groups`
and `decode_groups` `{metric key: {group: {variant id: ExactSample}}}`: by attribute, by day, with
the covariates of CUPED. `compile_values` and `run_values` give `{variant id: ValueCounts}`, which
caps and quantiles are found from.
"""

from analytics.queries.decoding import Groups, moments_of, without_history
from analytics.queries.definitions import MetricQuery
from analytics.queries.groups import UNIT_TYPE, VISITOR, WEEKDAY, Group
from analytics.queries.statement import (
    Query,
    check_metric,
    compile_query,
    decode_groups,
    decode_rows,
    run_groups,
    run_query,
)
from analytics.queries.terms import Term, Terms, event_types, term_of
from analytics.queries.units import DAY_US, HISTORY_DAYS, UNIT_COLUMNS, Cut
from analytics.queries.values import ValuesQuery, compile_values, decode_values, run_values

__all__ = [
    "DAY_US",
    "HISTORY_DAYS",
    "UNIT_COLUMNS",
    "UNIT_TYPE",
    "VISITOR",
    "WEEKDAY",
    "Cut",
    "Group",
    "Groups",
    "MetricQuery",
    "Query",
    "Term",
    "Terms",
    "ValuesQuery",
    "check_metric",
    "compile_query",
    "compile_values",
    "decode_groups",
    "decode_rows",
    "decode_values",
    "event_types",
    "moments_of",
    "run_groups",
    "run_query",
    "run_values",
    "term_of",
    "without_history",
]
