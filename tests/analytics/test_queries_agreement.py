"""The SQL text against plain Python on random rows; what it refuses; how long it may take."""

import random
import time
from dataclasses import replace

import pytest

from analytics.errors import InvalidInputError
from analytics.queries import MetricQuery, check_metric, compile_query, run_query
from analytics.stats.moments import Moments
from experiments.clock import microseconds
from experiments.models import Event, Experiment, Exposure, Slate, Variant
from tests.analytics.metrics import ALL, AOV, DAY, PURCHASE, REVENUE, SPENT, cut_of
from tests.analytics.oracle import recompute
from tests.analytics.random_rows import random_rows
from tests.analytics.rows import event, exposure, slate
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("unit_type", ["visitor", "account", "session"])
@pytest.mark.parametrize("seed", range(4))
def test_random_rows__every_metric__agrees_with_plain_python(
    experiment: Experiment, seed: int, unit_type: str
) -> None:
    random_rows(experiment, random.Random(f"{seed} {unit_type}"))
    for is_counted in (True, False):
        cut = cut_of(experiment, unit_type=unit_type, until_us=microseconds(NOW + 9 * DAY))
        cut = replace(cut, count_unverified=is_counted)

        found = run_query(compile_query(ALL, cut))

        assert found == {metric.key: recompute(metric, cut) for metric in ALL}


@pytest.mark.parametrize("pair", [("account", "visitor"), ("visitor", "session")])
@pytest.mark.parametrize("seed", range(4))
def test_random_rows__units_of_two_types__agree_with_plain_python(
    experiment: Experiment, seed: int, pair: tuple[str, str]
) -> None:
    chance = random.Random(f"{seed} {pair}")
    random_rows(experiment, chance)
    for row in Exposure.objects.all():
        row.unit_type = chance.choice(["", *pair])
        row.save()
    cut = cut_of(experiment, unit_type=pair[0], fallback_unit_type=pair[1])

    found = run_query(compile_query(ALL, cut))

    assert found == {metric.key: recompute(metric, cut) for metric in ALL}


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        (MetricQuery("m", "mean", {"source": "nowhere"}), "source"),
        (MetricQuery("m", "mean", {"source": "events"}), "type"),
        (MetricQuery("m", "mean", {**PURCHASE, "sum": "password"}), "cannot sum"),
        (MetricQuery("m", "ratio", PURCHASE), "denominator"),
        (MetricQuery("m", "ratio", PURCHASE, REVENUE), "must be a count"),
    ],
)
def test_check_metric__that_cannot_be_compiled__raises(metric: MetricQuery, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        check_metric(metric)


def test_compile_query__hostile_event_type__is_bound_not_written(control: Variant) -> None:
    hostile = "purchase'; DROP TABLE experiments_event; --%s"
    metric = MetricQuery("m", "mean", {"source": "events", "type": hostile})
    exposure(control.experiment, control, "u", NOW).save()
    query = compile_query([metric], cut_of(control.experiment))

    assert hostile not in query.sql
    assert run_query(query) == {"m": {control.pk: Moments(1, 0, 0)}}


def test_compile_query__metrics_with_one_side_in_common__sum_it_once(control: Variant) -> None:
    cut = cut_of(control.experiment)

    alone, together = compile_query([SPENT], cut).sql, compile_query([SPENT, AOV], cut).sql

    assert together.count("e.amount") == alone.count("e.amount") > 0


def test_run_query__rows_the_planner_knows_nothing_of__takes_no_square_of_their_number(
    control: Variant,
) -> None:
    units = [f"u{number}" for number in range(1500)]
    Exposure.objects.bulk_create(exposure(control.experiment, control, unit, NOW) for unit in units)
    Slate.objects.bulk_create(slate(control, unit, NOW, clicked=1) for unit in units)
    Event.objects.bulk_create(
        event(control.experiment.site, "purchase", NOW, visitor_id=unit, amount=1) for unit in units
    )

    start = time.monotonic()
    found = run_query(compile_query(ALL, cut_of(control.experiment)))

    assert found["revenue"][control.pk] == Moments(1500, 1500, 1500)
    assert time.monotonic() - start < 5  # with nested loops it takes minutes
