"""What somebody would write by hand for these two metrics, and tea-tasting beside it."""

from collections.abc import Sequence
from typing import Any

import duckdb

from benchmarks._analysis.making import DAY_US
from experiments.models import Experiment
from experiments.retention.tables import TABLES

Answer = dict[int, tuple[int, ...]]  # by variant: n, Σy, Σy², Σc, Σs, Σc², Σs², Σcs

UNITS = """WITH f AS (
    SELECT unit_id, variant_id, ts_us AS t0 FROM experiments_exposure
    WHERE experiment_id = {experiment} AND phase = 1 AND NOT is_multiple AND traffic = ''
),
ev AS (
    SELECT f.unit_id, SUM(e.amount - e.refunded) AS y
    FROM f JOIN experiments_event e ON e.visitor_id = f.unit_id
        AND e.ts_us >= f.t0 AND e.ts_us < f.t0 + {window}
    WHERE e.site_id = {site} AND e.type = 'purchase' AND e.traffic = '' GROUP BY f.unit_id
),
sl AS (
    SELECT f.unit_id, SUM(s.clicked) AS c, COUNT(*) AS s
    FROM f JOIN experiments_slate s ON s.unit_id = f.unit_id
        AND s.ts_us >= f.t0 AND s.ts_us < f.t0 + {window}
    WHERE s.experiment_id = {experiment} AND s.phase = 1 AND s.reason = 'SPLIT'
    GROUP BY f.unit_id
),
u AS (
    SELECT variant_id, CAST(COALESCE(y, 0) AS BIGINT) AS y, CAST(COALESCE(c, 0) AS BIGINT) AS c,
        CAST(COALESCE(s, 0) AS BIGINT) AS s
    FROM f LEFT JOIN ev ON ev.unit_id = f.unit_id LEFT JOIN sl ON sl.unit_id = f.unit_id
)
"""
SUMS = """SELECT variant_id, COUNT(*), SUM(y), SUM(y * y), SUM(c), SUM(s), SUM(c * c), SUM(s * s),
    SUM(c * s)
FROM u GROUP BY variant_id"""


def units_sql(experiment: Experiment) -> str:
    """Return the statement of the units with their values; it has yet to select from `u`."""
    return UNITS.format(
        experiment=experiment.pk,
        site=experiment.site_id,
        window=experiment.window_days * DAY_US,
    )


def answer(rows: Sequence[Sequence[Any]]) -> Answer:
    """Return the sums by variant."""
    return {int(variant): tuple(map(int, sums)) for variant, *sums in rows}


def over_parquet(sql: str, paths: dict[str, list[str]]) -> Answer:
    """Return what DuckDB answers over the files, as it comes."""
    with duckdb.connect() as bare:
        add_files(bare, paths)
        return answer(bare.execute(sql + SUMS).fetchall())


def add_files(bare: Any, paths: dict[str, list[str]]) -> None:
    """Give the files the names of the tables."""
    for name, table in TABLES.items():
        bare.read_parquet(paths[name]).create_view(table.model._meta.db_table)


def by_tea_tasting(sql: str, paths: dict[str, list[str]], control: int) -> dict[str, float]:
    """Return what tea-tasting says on DuckDB: both lifts and p-values."""
    import ibis
    import tea_tasting as tt

    backend = ibis.duckdb.connect()
    add_files(backend.con, paths)
    metrics = {"revenue": tt.Mean("y"), "ctr": tt.RatioOfMeans("c", "s")}
    table = backend.sql(f"{sql} SELECT * FROM u")
    found = tt.Experiment(metrics, variant="variant_id").analyze(table, control=control)
    backend.disconnect()
    told = [(name, found[name]) for name in metrics]
    lifts = {f"{name} lift": float(each.rel_effect_size) for name, each in told}
    return lifts | {f"{name} p": float(each.pvalue) for name, each in told}
