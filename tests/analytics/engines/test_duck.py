"""The same text on DuckDB over exported days: identical integers, and what goes wrong."""

import random
from dataclasses import replace

import pytest

from analytics.engines.current import using
from analytics.engines.duck import duckdb_over
from analytics.engines.files import Files
from analytics.errors import EngineError, TooSlowError
from analytics.queries import compile_query, run_query
from experiments.clock import microseconds
from experiments.models import Experiment, Exposure
from tests.analytics.engines.exported import exported
from tests.analytics.engines.kinds import everything, rich_rows
from tests.analytics.metrics import ALL, DAY, cut_of
from tests.analytics.random_rows import random_rows
from tests.factories import NOW

pytestmark = pytest.mark.django_db

ENDLESS = "SELECT SUM(a.range * b.range) FROM range(9000000) a, range(9000000) b"


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
@pytest.mark.parametrize("unit_type", ["visitor", "account", "session"])
def test_random_rows__every_metric__has_the_databases_integers(
    experiment: Experiment, unit_type: str, zone: str
) -> None:
    random_rows(experiment, random.Random(f"{zone} {unit_type}"))
    cut = cut_of(experiment, unit_type=unit_type, until_us=microseconds(NOW + 9 * DAY))

    with duckdb_over(exported(experiment.site)) as duck:
        duck.connection.execute(f"SET TimeZone = '{zone}'")
        for is_counted in (True, False):
            query = compile_query(ALL, replace(cut, count_unverified=is_counted))

            assert run_query(query, duck) == run_query(query)


def test_units_of_two_types__every_metric__have_the_databases_integers(
    experiment: Experiment,
) -> None:
    chance = random.Random(3)
    random_rows(experiment, chance)
    for row in Exposure.objects.all():
        row.unit_type = chance.choice(["", "account", "visitor"])
        row.save()
    query = compile_query(
        ALL, cut_of(experiment, unit_type="account", fallback_unit_type="visitor")
    )

    with duckdb_over(exported(experiment.site)) as duck:
        assert run_query(query, duck) == run_query(query)


@pytest.mark.parametrize("seed", range(3))
def test_rich_rows__every_kind_of_statement__has_the_databases_integers(
    experiment: Experiment, seed: int
) -> None:
    rich_rows(experiment, random.Random(seed))
    segment = (("member", True),) if seed else ()
    cut = cut_of(experiment, segment=segment, day_to=(NOW + 8 * DAY).date().isoformat())

    with duckdb_over(exported(experiment.site)) as duck, using(duck):
        found = everything(cut)

    assert found == everything(cut)


def test_files__none_at_all__hold_no_units(experiment: Experiment) -> None:
    with duckdb_over(Files()) as duck:
        found = run_query(compile_query(ALL, cut_of(experiment)), duck)

    assert found == {metric.key: {} for metric in ALL}


def test_statement__longer_than_it_may_take__is_ended(
    settings: object,
) -> None:
    settings.METRIC_TIMEOUT_S = 1  # type: ignore[attr-defined]

    with duckdb_over(Files()) as duck:
        with pytest.raises(TooSlowError, match="ARMATURE_METRIC_TIMEOUT"):
            duck.rows(ENDLESS, ())

        assert duck.rows("SELECT %s", (7,)) == [(7,)]


def test_statement__that_is_wrong__is_refused_with_what_the_engine_says() -> None:
    with duckdb_over(Files()) as duck, pytest.raises(EngineError, match="no_such_table"):
        duck.rows("SELECT 1 FROM no_such_table", ())
