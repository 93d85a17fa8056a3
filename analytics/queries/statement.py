"""One portable SQL text that reduces rows to exact sums, and the code that decodes its answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from analytics.engines.current import IN_USE
from analytics.engines.dialects import Engine
from analytics.queries.columns import Columns, sides_of
from analytics.queries.compiler import Compiler
from analytics.queries.decoding import Groups, pooled, samples_of
from analytics.queries.definitions import MetricQuery
from analytics.queries.terms import Terms, value_of
from analytics.queries.units import Cut
from analytics.stats.moments import Moments

NO_CAPS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Query:
    """A statement, its values in order, and how its columns become sums.

    Its rows: variant id, the groups of `by`, the day where `is_daily`, the units that count, and
    every selected sum. Of a daily one each number is what the day added.
    """

    sql: str
    values: tuple[Any, ...]
    metrics: tuple[MetricQuery, ...]
    columns: tuple[Columns, ...]
    by: tuple[str, ...] = ()
    is_daily: bool = False


def compile_query(
    metrics: Sequence[MetricQuery],
    cut: Cut,
    by: Sequence[str] = (),
    caps: Mapping[str, int] = NO_CAPS,
    with_history: bool = False,
    by_day: bool = False,
) -> Query:
    """Return one statement for all metrics: a row per variant with n and every sum.

    `by`: attributes of units at first exposure (`groups.py`); a row then per variant and group.
    `caps`: by metric key, the whole number above which a unit's numerator counts as it; of a
    quantile, the value at which its shares are asked (`quantiles.share_moments`). `with_history`:
    also the four weeks before first exposure, as covariates w (of y) and v (of x); zeros of what
    lists and single events tell. `by_day`: what each day of the site added. Raises DefinitionError
    on a metric that cannot be computed, or not by day: retention, quantiles, what is not summed.
    """
    found = Compiler(metrics, cut, by, caps, with_history, by_day)
    sql, values = found.statement()
    return Query(sql, values, tuple(metrics), found.columns, tuple(by), by_day)


def check_metric(metric: MetricQuery) -> None:
    """Raise DefinitionError when the metric could not be compiled."""
    if metric.q is not None:
        value_of(metric)
        return
    terms = Terms()
    sides_of(metric, terms.places(metric), terms.all)


def run_query(query: Query, engine: Engine = IN_USE) -> dict[str, dict[int, Moments]]:
    """Return the moments of every metric by variant id; variants without units are absent.

    `engine`: where the statement runs. Raises TooSlowError when it takes longer than it may.
    """
    return decode_rows(query, engine.rows(query.sql, query.values))


def run_groups(query: Query, engine: Engine = IN_USE) -> dict[str, Groups]:
    """Return every metric's exact sums by group and variant id; see `decode_groups`."""
    return decode_groups(query, engine.rows(query.sql, query.values))


def decode_rows(query: Query, rows: Iterable[Sequence[Any]]) -> dict[str, dict[int, Moments]]:
    """Return the moments that the rows hold: of all groups together, by the end of all days."""
    found = decode_groups(query, rows)
    return {key: pooled(groups, is_daily=query.is_daily) for key, groups in found.items()}


def decode_groups(query: Query, rows: Iterable[Sequence[Any]]) -> dict[str, Groups]:
    """Return each metric's exact sums by group and variant id, as `ExactSample`.

    A group is a tuple of texts in the order of `by`, () without any, "" for what is not known. Of a
    daily statement the day comes last, and the sums are of all that was known by its end; each day
    on which anything happened is there, for every variant that had units by then. Columns of a
    sample: y, with x of a ratio, then with history w and v.
    """
    return samples_of(query.metrics, query.columns, query.by, rows, is_daily=query.is_daily)
