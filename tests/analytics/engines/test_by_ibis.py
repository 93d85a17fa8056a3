"""Two compilers of one definition, checking each other on random rows with every edge."""

import random
from dataclasses import replace

import ibis
import pytest
from django.db import connection

from analytics.engines.by_ibis import moments_in, sums_sql
from analytics.engines.duck import duckdb_over
from analytics.engines.files import Files
from analytics.errors import DefinitionError
from analytics.queries import Cut, MetricQuery, compile_query, run_query
from analytics.stats.moments import Moments
from experiments.clock import microseconds
from experiments.models import Experiment
from experiments.retention.tables import TABLES
from tests.analytics.engines.exported import exported
from tests.analytics.engines.kinds import BY_ROWS, QUANTILES, SUMMED
from tests.analytics.metrics import DAY, cut_of
from tests.analytics.random_rows import random_rows
from tests.factories import NOW

pytestmark = pytest.mark.django_db

METRICS = [metric for metric in SUMMED if "where" not in metric.numerator]
ZONES = ["UTC", "Pacific/Auckland", "America/Los_Angeles"]


def in_database(metric: MetricQuery, cut: Cut, zone: str) -> dict[int, Moments]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SET LOCAL TIME ZONE '{zone}'")
        cursor.execute(sums_sql(metric, cut, connection.vendor))
        return moments_in(cursor.fetchall())


def on_duckdb(metric: MetricQuery, cut: Cut, zone: str, files: Files) -> dict[int, Moments]:
    """Answer through Ibis' own connection, over the same files."""
    backend = ibis.duckdb.connect()
    try:
        backend.raw_sql(f"SET TimeZone = '{zone}'")
        for table in TABLES.values():
            backend.con.read_parquet(files.of(table)).create_view(table.model._meta.db_table)
        return moments_in(backend.raw_sql(sums_sql(metric, cut, "duckdb")).fetchall())
    finally:
        backend.disconnect()


@pytest.mark.parametrize(("seed", "zone"), list(enumerate(ZONES)))
def test_random_rows__both_compilers__agree_on_every_engine(
    experiment: Experiment, seed: int, zone: str
) -> None:
    random_rows(experiment, random.Random(seed))
    unit_type = ("visitor", "account", "session")[seed]
    cut = cut_of(experiment, unit_type=unit_type, until_us=microseconds(NOW + 9 * DAY))
    cut = replace(cut, count_unverified=bool(seed))
    files = exported(experiment.site)

    ours = run_query(compile_query(METRICS, cut))
    with duckdb_over(files) as duck:
        assert run_query(compile_query(METRICS, cut), duck) == ours

    for metric in METRICS:
        assert in_database(metric, cut, zone) == ours[metric.key], metric.key
        assert on_duckdb(metric, cut, zone, files) == ours[metric.key], metric.key


@pytest.mark.parametrize("metric", [*BY_ROWS, *QUANTILES], ids=lambda metric: metric.key)
def test_sums_sql__what_is_no_sum_over_rows__is_refused(
    experiment: Experiment, metric: MetricQuery
) -> None:
    with pytest.raises(DefinitionError):
        sums_sql(metric, cut_of(experiment), "duckdb")
