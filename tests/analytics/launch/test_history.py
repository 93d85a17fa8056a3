"""A metric's last four weeks by SQL, against the same rows added up one by one."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from analytics.launch.history import Past, cumulative_units
from analytics.models import Metric
from analytics.queries import compile_query, run_query
from analytics.queries.visits import VARIANT
from analytics.reporting.scope import EMPTY
from analytics.selectors import query_of
from analytics.stats.moments import Moments
from experiments.clock import microseconds
from experiments.models import Event, Experiment, Slate
from tests.analytics.rows import event, slate
from tests.factories import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def past(experiment: Experiment) -> Past:
    return Past(
        site_id=experiment.site_id,
        placement="home",
        unit_type="visitor",
        window_days=7,
        until_us=microseconds(NOW),
    )


@pytest.fixture
def shop(experiment: Experiment) -> None:
    """Write random lists, orders and refunds of 60 visitors over 40 days."""
    rng = np.random.default_rng(20261120)
    variant = experiment.variants.get(is_control=True)
    slates, events = [], []
    for _row in range(600):
        unit, at = f"v-{rng.integers(60)}", NOW - float(rng.uniform(-2, 40)) * DAY
        place = str(rng.choice(["home", "home", "cart"]))
        clicked = int(rng.integers(2))
        fields = {"placement": place, "clicked": clicked}
        slates.append(slate(variant, unit, at, **fields))
    for number in range(600):
        unit, at = f"v-{rng.integers(60)}", NOW - float(rng.uniform(-2, 40)) * DAY
        kind = str(rng.choice(["purchase", "purchase", "refund", "view_item"]))
        verified = bool(rng.integers(4))
        amount = int(rng.integers(10**9))
        fields = {"visitor_id": unit, "amount": amount, "is_verified": verified}
        events.append(event(experiment.site, kind, at, order_ref=f"o-{number % 300}", **fields))
    Slate.objects.bulk_create(slates)
    Event.objects.bulk_create(events)


def first_seen(past: Past) -> dict[str, int]:
    seen: dict[str, int] = {}
    for row in Slate.objects.all():
        is_there = not past.placement or row.placement == past.placement
        if is_there and past.from_us <= row.ts_us <= past.until_us:
            seen[row.visitor_id] = min(row.ts_us, seen.get(row.visitor_id, row.ts_us))
    return seen


def moments_of(past: Past, metric: Metric) -> Moments:
    found = run_query(compile_query([query_of(metric)], past.cut))
    return found[metric.key].get(VARIANT, EMPTY)


def by_hand(past: Past, metric: Metric) -> Moments:
    """Return the sums by reading every row."""
    values: dict[str, list[int]] = {unit: [0, 0] for unit in first_seen(past)}
    sides = [metric.numerator, metric.denominator] if metric.denominator else [metric.numerator]
    for place, side in enumerate(sides):
        for unit, value in side_by_hand(past, side).items():
            values[unit][place] = value
    ys = [int(y > 0) if metric.kind == "binary" else y for y, _x in values.values()]
    return Moments.from_values(ys, [x for _y, x in values.values()])


def side_by_hand(past: Past, side: dict[str, Any]) -> dict[str, int]:
    seen, out = first_seen(past), defaultdict[str, int](int)
    orders: dict[str, set[str]] = defaultdict(set)
    rows: Any = Slate.objects.all() if side["source"] == "slates" else Event.objects.all()
    for row in rows:
        begin = seen.get(row.visitor_id)
        end = (begin or 0) + past.window_days * 86_400_000_000
        if begin is None or not begin <= row.ts_us < end or row.ts_us > past.until_us:
            continue
        if side["source"] == "slates":
            if not past.placement or row.placement == past.placement:
                out[row.visitor_id] += row.clicked if side.get("sum") == "clicked" else 1
        elif row.type == "purchase" and not (past.count_unverified or row.is_verified):
            continue
        elif side.get("count") == "order_ref":
            if row.type == side["type"]:
                orders[row.visitor_id].add(row.order_ref)
        elif row.type == side["type"]:
            out[row.visitor_id] += row.amount if side.get("sum") else 1
        elif row.type == side.get("subtract"):
            out[row.visitor_id] -= row.amount
    return dict(out) | {unit: len(refs) for unit, refs in orders.items()}


@pytest.mark.parametrize("key", ["revenue_per_unit", "conversion", "ctr", "aov"])
@pytest.mark.parametrize(
    "changes", [{}, {"placement": ""}, {"window_days": 2}, {"count_unverified": False}]
)
@pytest.mark.usefixtures("shop")
def test_moments__of_a_random_shop__are_those_added_up_by_hand(
    past: Past, key: str, changes: dict[str, Any]
) -> None:
    past, metric = replace(past, **changes), Metric.objects.get(key=key)

    found = moments_of(past, metric)

    assert found == by_hand(past, metric)
    assert found.n > 50
    assert found.sum_y != 0


@pytest.mark.usefixtures("shop")
def test_cumulative_units__of_a_random_shop__never_fall_and_end_with_all(past: Past) -> None:
    units = cumulative_units(past)

    assert list(units) == sorted(units)
    assert units[-1] == len(first_seen(past))
    assert len(units) == 28


def test_history__without_rows__is_empty(past: Past) -> None:
    assert cumulative_units(past) == ()
    assert moments_of(past, Metric.objects.get(key="ctr")).n == 0
