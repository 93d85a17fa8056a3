"""The SQL text against plain Python on random rows; what it refuses; how long it may take."""

import random
import time
from dataclasses import replace

import pytest

from analytics.errors import InvalidInputError
from analytics.queries import MetricQuery, check_metric, compile_query, run_query
from analytics.stats.moments import Moments
from experiments.clock import MICROSECOND, microseconds
from experiments.models import Event, Experiment, Exposure, Slate, Variant
from tests.analytics.metrics import ALL, AOV, DAY, PURCHASE, REVENUE, SPENT, cut_of
from tests.analytics.oracle import recompute
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


def random_rows(experiment: Experiment, chance: random.Random) -> None:
    """Write rows that meet every edge: few units, few moments, awkward amounts."""
    variants = list(experiment.variants.all())
    moments_ = [NOW + days * DAY + us * MICROSECOND for days in (0, 1, 7, 9) for us in (-1, 0, 1)]
    amounts = [None, 0, 1, 65_535, 65_536, 2**31, 2**32, 2**32 + 1, 10**11, 10**13]
    Exposure.objects.bulk_create(
        exposure(
            experiment,
            chance.choice(variants),
            f"u{unit}",
            chance.choice(moments_),
            phase=phase,
            is_multiple=chance.random() < 0.15,
            traffic=chance.choice(["", "", "", "", "bot", "outlier"]),
        )
        for unit in range(12)
        for phase in (1, 2)
    )
    Event.objects.bulk_create(
        event(
            experiment.site,
            chance.choice(["purchase", "purchase", "refund", "view_item", "search"]),
            chance.choice(moments_),
            visitor_id=f"u{chance.randrange(14)}",
            account_id=chance.choice(["", f"u{chance.randrange(14)}"]),
            session_id=chance.choice(["", f"u{chance.randrange(14)}"]),
            amount=chance.choice(amounts),
            quantity=chance.choice([None, 1, 3, 70_000]),
            order_ref=f"o{chance.randrange(5)}",
            order_id=chance.choice(["", "o1", "o2"]),
            refunded=chance.choice([0, 0, 1, 65_537, 10**13]),
            refunded_quantity=chance.choice([0, 0, 2]),
            traffic=chance.choice(["", "", "", "", "internal"]),
            is_verified=chance.random() < 0.7,
        )
        for _ in range(60)
    )
    Slate.objects.bulk_create(
        slate(
            chance.choice(variants),
            f"u{chance.randrange(14)}",
            chance.choice(moments_),
            phase=chance.choice([1, 2]),
            clicked=chance.randrange(2),
            reason=chance.choice(["SPLIT", "SPLIT", "SPLIT", "QA", "OVERRIDE", "NOT_IN_LAYER"]),
        )
        for _ in range(40)
    )


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
