"""The ways to one report: each answers the same two metrics, and says how."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import connection

from analytics.engines.current import using
from analytics.engines.duck import duckdb_over
from analytics.engines.files import files_of
from analytics.queries.few import EVER_US
from analytics.reporting.judging import compare_all
from analytics.reporting.measuring import Measured, measure
from analytics.reporting.scope import Scope
from analytics.selectors import ChosenMetric
from benchmarks._analysis import bare
from experiments.models import Experiment
from experiments.retention.tables import TABLES

FIRST, LAST = "0001-01-01", "9999-12-31"
METRICS = ("revenue_per_unit", "ctr")
Told = dict[str, Any]


def experiment() -> Experiment:
    """Return the experiment that is measured."""
    return Experiment.objects.select_related("site").get(key="bench")


def scope_of(found: Experiment, *, is_present: bool, everything: bool = False) -> Scope:
    """Return the two metrics' scope, as they are without cap and history; or the site's own."""
    scope = Scope.of(found, phase=1, until_us=EVER_US, is_present=is_present)
    if everything:
        return scope
    return replace(
        scope, metrics=tuple(_plain(m) for m in scope.metrics if m.metric.key in METRICS)
    )


def _plain(chosen: ChosenMetric) -> ChosenMetric:
    chosen.metric.uses_cuped, chosen.metric.winsor = False, None
    return chosen


def _analysed(*, is_present: bool, everything: bool = False) -> Told:
    """Return a whole analysis: sums from rows or rollups, and every comparison."""
    scope = scope_of(experiment(), is_present=is_present, everything=everything)
    measured = measure(scope)
    if measured.errors:
        raise RuntimeError(f"not every metric was measured: {measured.errors}")
    compared = compare_all(scope, measured)
    lifts = {f"{metric} lift": found.lift for (metric, _variant), found in compared.items()}
    return {"sums": {} if everything else _sums(measured), "lifts": lifts}


def _sums(measured: Measured) -> bare.Answer:
    revenue, ctr = (measured.moments[key] for key in METRICS)
    return {
        variant: (
            *(revenue[variant].n, revenue[variant].sum_y, revenue[variant].sum_yy),
            *(each.sum_y, each.sum_x, each.sum_yy, each.sum_xx, each.sum_xy),
        )
        for variant, each in ctr.items()
    }


def _on_duckdb(*, everything: bool = False) -> Told:
    with duckdb_over(files_of(experiment().site_id, first=FIRST, last=LAST)) as duck, using(duck):
        return _analysed(is_present=False, everything=everything)


def _parquet_paths(found: Experiment) -> dict[str, list[str]]:
    files = files_of(found.site_id, first=FIRST, last=LAST)
    return {name: files.of(table) for name, table in TABLES.items()}


def _bare_duckdb() -> Told:
    found = experiment()
    return {"sums": bare.over_parquet(bare.units_sql(found), _parquet_paths(found))}


def _tea_tasting() -> Told:
    found = experiment()
    control = found.variants.get(is_control=True).pk
    sql, paths = bare.units_sql(found), _parquet_paths(found)
    return {"lifts": bare.by_tea_tasting(sql, paths, control)}


def _bare_postgresql() -> Told:
    with connection.cursor() as cursor:
        cursor.execute(bare.units_sql(experiment()) + bare.SUMS)
        return {"sums": bare.answer(cursor.fetchall())}


OURS, BARE, TEA = "ours, DuckDB over Parquet", "bare DuckDB query", "tea-tasting on DuckDB"
OURS_PG, BARE_PG = "ours, PostgreSQL rows", "bare PostgreSQL query"
ROLLUPS = "ours, rollups"
ALL_DUCKDB, ALL_PG = "every built-in metric, DuckDB", "every built-in metric, PostgreSQL"
PATHS: dict[str, Callable[[], Told]] = {
    OURS: _on_duckdb,
    BARE: _bare_duckdb,
    TEA: _tea_tasting,
    OURS_PG: lambda: _analysed(is_present=False),
    BARE_PG: _bare_postgresql,
    ROLLUPS: lambda: _analysed(is_present=True),
    ALL_DUCKDB: lambda: _on_duckdb(everything=True),
    ALL_PG: lambda: _analysed(is_present=False, everything=True),
}
