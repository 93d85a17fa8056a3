"""The same text on Spark in local mode over exported days: identical integers."""

import random

import pytest

from analytics.engines.current import using
from analytics.engines.files import Files
from analytics.engines.spark import spark_over
from analytics.errors import EngineError, TooSlowError
from analytics.queries import compile_query, run_query
from experiments.clock import microseconds
from experiments.models import Experiment
from tests.analytics.engines.exported import exported, need_spark
from tests.analytics.engines.kinds import everything, rich_rows
from tests.analytics.metrics import ALL, DAY, cut_of
from tests.analytics.random_rows import random_rows
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ENDLESS = "SELECT SUM(a.id * b.id) FROM range(9000000) a CROSS JOIN range(9000000) b"


@pytest.fixture(autouse=True, scope="module")
def _spark() -> None:
    need_spark()


@pytest.mark.parametrize(
    ("unit_type", "zone"),
    [("visitor", "UTC"), ("account", "Pacific/Auckland"), ("session", "America/Los_Angeles")],
)
def test_random_rows__every_metric__has_the_databases_integers(
    experiment: Experiment, unit_type: str, zone: str
) -> None:
    random_rows(experiment, random.Random(zone))
    cut = cut_of(experiment, unit_type=unit_type, until_us=microseconds(NOW + 9 * DAY))
    query = compile_query(ALL, cut)

    with spark_over(exported(experiment.site)) as spark:
        spark.session.conf.set("spark.sql.session.timeZone", zone)
        assert run_query(query, spark) == run_query(query)


def test_rich_rows__every_kind_of_statement__has_the_databases_integers(
    experiment: Experiment,
) -> None:
    rich_rows(experiment, random.Random(1))
    cut = cut_of(experiment, day_to=(NOW + 8 * DAY).date().isoformat())

    with spark_over(exported(experiment.site)) as spark, using(spark):
        found = everything(cut)

    assert found == everything(cut)


def test_files__none_at_all__hold_no_units(experiment: Experiment) -> None:
    with spark_over(Files()) as spark:
        found = run_query(compile_query(ALL, cut_of(experiment)), spark)

    assert found == {metric.key: {} for metric in ALL}


def test_statement__longer_than_it_may_take__is_ended(settings: object) -> None:
    settings.METRIC_TIMEOUT_S = 2  # type: ignore[attr-defined]

    with spark_over(Files()) as spark:
        with pytest.raises(TooSlowError, match="ARMATURE_METRIC_TIMEOUT"):
            spark.rows(ENDLESS, ())

        settings.METRIC_TIMEOUT_S = 60  # type: ignore[attr-defined]
        assert [tuple(row) for row in spark.rows("SELECT %s", (7,))] == [(7,)]


def test_statement__that_is_wrong__is_refused_with_what_the_engine_says() -> None:
    with spark_over(Files()) as spark, pytest.raises(EngineError, match="no_such_table"):
        spark.rows("SELECT 1 FROM no_such_table", ())
