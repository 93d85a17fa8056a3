"""A run with everything that a report shows: lists, clicks by rank, artifacts, attributes."""

import math
from collections.abc import Iterator
from datetime import timedelta
from statistics import NormalDist
from typing import Any

from analytics.models import ExperimentMetric, Metric
from experiments.models import Event, Experiment, Exposure, Slate
from experiments.services import VariantDraft
from tests.analytics.rows import Shares, a_run, event
from tests.factories import NOW

ROLES = (
    ("revenue_per_unit", "primary", None),
    ("conversion", "secondary", None),
    ("aov", "secondary", None),
    ("ctr", "guardrail", 0.1),
)
THREE = (
    VariantDraft(key="control", name="Control", is_control=True),
    VariantDraft(key="hybrid", name="Hybrid"),
    VariantDraft(key="diverse", name="Hybrid, diverse"),
)
# Of the amounts of orders: most are small, few are large.
FACTORS = [math.exp(0.7 * NormalDist().inv_cdf((n + 0.5) / 97)) for n in range(97)]


def behaviour(units: int) -> dict[str, Shares]:
    """Return how so many units of each variant behave."""
    return {
        "control": Shares(units, 0.2, 0.3, 6_000),
        "hybrid": Shares(units, 0.36, 0.36, 6_400),
        "diverse": Shares(units, 0.22, 0.29, 6_100),
    }


LENGTH = 8
DEVICES = ("mobile", "desktop", "tablet")


def a_rich_run(units: int = 600, **fields: Any) -> Experiment:
    """Return a run of three variants with all of it, not analysed yet."""
    values: dict[str, Any] = {
        "variants": list(THREE),
        "planned_units": 3 * units,
        "mde": 0.1,
    } | fields
    experiment = a_run(behaviour(units), **values)
    choose(experiment, ROLES)
    enrich(experiment)
    return experiment


def choose(experiment: Experiment, roles: Any) -> None:
    """Give an experiment metrics by key, role and margin."""
    for key, role, margin in roles:
        metric = Metric.objects.get(site=experiment.site, key=key)
        ExperimentMetric.objects.create(
            experiment=experiment, metric=metric, role=role, margin=margin
        )


def enrich(experiment: Experiment) -> None:
    """Give the run's rows what the plain ones lack."""
    exposures = list(Exposure.objects.filter(experiment=experiment))
    for each in exposures:
        number = int(each.unit_id.rsplit("-", 1)[1])  # alike in every variant
        device = DEVICES[(number * 7) % 11 // 4]
        each.attributes = {"device": device, "new_visitor": bool(number * 5 % 9 > 3)}
    Exposure.objects.bulk_update(exposures, ["attributes"], batch_size=400)
    lists = Slate.objects.filter(experiment=experiment).select_related("variant", "site")
    slates = list(lists.order_by("pk"))
    for slate in slates:
        _served(slate)
    fields = ["items", "artifact", "recommender", "fallback"]
    Slate.objects.bulk_update(slates, fields, batch_size=300)
    purchases = Event.objects.filter(site=experiment.site, type="purchase")
    # In an order of their own, not as a database happens to give them.
    orders = sorted(purchases, key=lambda order: (order.visitor_id, order.ts_us))
    for number, order in enumerate(orders):
        order.amount = round((order.amount or 0) * FACTORS[number * 31 % 97])
    Event.objects.bulk_update(orders, ["amount"], batch_size=400)
    Event.objects.bulk_create([*_clicks(slates), *_repeated(exposures, orders)])


def _repeated(exposures: list[Exposure], orders: list[Event]) -> Iterator[Event]:
    """Yield further orders on later days of some buyers."""
    begun = {each.unit_id: each.first_at for each in exposures}
    for number, order in enumerate(orders):
        at = begun[order.visitor_id] + timedelta(days=1 + number // 2 % 10, hours=1)
        if number % 2 == 0 and at < NOW:
            fields = {"visitor_id": order.visitor_id, "order_ref": f"{order.order_ref}-again"}
            yield event(order.site, "purchase", at, amount=(order.amount or 0) // 2, **fields)


def _served(slate: Slate) -> None:
    """Say what a list showed: a new artifact each week, once a fallback for some hours."""
    assert slate.variant is not None
    week = slate.served_at.isocalendar().week
    name = "knn" if slate.variant.is_control else slate.variant.key
    slate.items = [{"item_id": f"sku-{rank}", "rank": rank} for rank in range(1, LENGTH + 1)]
    slate.recommender, slate.artifact = name, f"{name}@2026-w{week}"
    if slate.variant.key == "hybrid" and slate.served_at.isoweekday() == 3:
        slate.fallback = "late" if slate.served_at.hour < 2 else ""


def _clicks(slates: list[Slate]) -> Iterator[Event]:
    """Yield a click for each clicked list, the first ranks more often."""
    clicked = [slate for slate in slates if slate.clicked]
    for number, slate in enumerate(clicked):
        rank = 1 + int((LENGTH - 1) * (number * 37 % 101 / 101) ** 2.2)
        yield event(
            slate.site,
            "select_item",
            slate.served_at + timedelta(seconds=30),
            visitor_id=slate.unit_id,
            request_id=slate.request_id,
            item_id=f"sku-{rank}",
            rank=rank,
        )
