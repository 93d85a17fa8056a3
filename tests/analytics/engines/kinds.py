"""A metric of every kind and source, and rows that give each of them something to find."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from analytics.queries import Cut, MetricQuery, compile_query, run_groups
from analytics.queries.arrivals import arrived, units_by_hour, units_by_value
from analytics.queries.values import compile_values, run_values
from experiments.models import Event, Experiment, Exposure, Slate
from tests.analytics.metrics import ALL, PURCHASE, REVENUE
from tests.analytics.random_rows import random_rows

VIEWED = {"source": "events", "type": "view_item"}
BOUNCED = {"source": "sessions", "types": ["view_item", "purchase"], "bounced": True}
SESSIONS = {"source": "sessions", "types": ["view_item", "purchase"]}
STEPS = [{"type": "view_item"}, {"type": "purchase", "where": {"amount": {"gt": 1}}}]
# What units come to by themselves, which rollups keep and days add up to.
SUMMED = [
    *ALL,
    MetricQuery("delayed", "mean", REVENUE, window_days=3, delay_days=1),
    MetricQuery("long", "binary", PURCHASE, window_days=30),
    MetricQuery(
        "diverse",
        "ratio",
        {"source": "slates", "sum": "unlike_pairs"},
        {"source": "slates", "sum": "pairs"},
    ),
    MetricQuery("novelty", "mean", {"source": "slates", "sum": "novelty_mbit"}),
    MetricQuery("shoes", "mean", {**PURCHASE, "where": {"category": ["shoes", "hats"]}}),
    MetricQuery("mobile", "binary", {**PURCHASE, "where": {"attributes.device": "mobile"}}),
    MetricQuery("members", "mean", {**VIEWED, "where": {"attributes.member": True}}),
    MetricQuery("from_home", "mean", {**VIEWED, "where": {"placement": "home"}}),
    MetricQuery("top", "mean", {**VIEWED, "where": {"position": {"lte": 2}}}),
]
BY_ROWS = [
    MetricQuery("returned", "retention", {**VIEWED, "day": 1}),
    MetricQuery("bounce", "ratio", BOUNCED, SESSIONS),
    MetricQuery("funnel", "binary", {"source": "events", "steps": STEPS}),
    MetricQuery("attributed", "mean", {"source": "attributed"}),
]
QUANTILES = [
    MetricQuery("paid_p90", "quantile", {**PURCHASE, "value": "amount", "quantile": 0.9}),
    MetricQuery(
        "latency", "quantile", {"source": "slates", "value": "latency_us", "quantile": 0.5}
    ),
]
KINDS = [*SUMMED, *BY_ROWS]
BY = ("device", "@visitor", "@weekday")


def rich_rows(experiment: Experiment, chance: random.Random) -> None:
    """Write random rows in which attributes, lines of orders, ranks and lists are filled in."""
    random_rows(experiment, chance)
    slates = list(Slate.objects.all())
    for slate in slates:
        slate.placement = chance.choice(["home", "cart"])
        slate.latency_us = chance.choice([0, 900, 2**31 - 1])
        slate.n_items, slate.pairs = chance.choice([None, 3]), chance.randrange(7)
        slate.unlike_pairs, slate.novelty_mbit = chance.randrange(7), chance.randrange(70_000)
        slate.save()
    for event in Event.objects.all():
        event.request_id = chance.choice([None, chance.choice(slates).request_id])
        event.type = chance.choice([event.type, event.type, "select_item", "view_item_list"])
        event.item_id = f"sku-{chance.randrange(3)}"
        event.rank = chance.choice([None, 1, 2, 3])
        event.items = [_line(chance) for _ in range(chance.randrange(3))]
        event.properties = chance.choice([{}, {"category": "shoes"}, {"category": "it's 100 %"}])
        event.attributes = _attributes(chance)
        event.save()
    for row in Exposure.objects.all():
        row.attributes = _attributes(chance)
        row.save()


def _line(chance: random.Random) -> dict[str, Any]:
    line: dict[str, Any] = {"item_id": f"sku-{chance.randrange(3)}"}
    return line | chance.choice([{}, {"price": 999}, {"price": 2**40, "quantity": 2}])


def _attributes(chance: random.Random) -> dict[str, Any]:
    device: list[Any] = ["mobile", "desktop", 'a "quoted" é', 7, None]
    return chance.choice([{}, {"device": chance.choice(device), "member": chance.random() < 0.5}])


def everything(cut: Cut, metrics: Sequence[MetricQuery] = KINDS) -> dict[str, Any]:
    """Return whatever the compiler writes, answered by the engine in use."""
    caps = {"revenue": 70_000, "delayed": 1}
    found: dict[str, Any] = {
        "plain": run_groups(compile_query(metrics, cut)),
        "capped": run_groups(compile_query(metrics, cut, caps=caps, with_history=True)),
        "by group": run_groups(compile_query(metrics, cut, by=BY)),
        "by day": run_groups(compile_query(SUMMED[:-9], cut, by_day=True, with_history=True)),
        "shares": run_groups(compile_query(QUANTILES, cut, caps={"paid_p90": 65_535})),
    }
    found |= _cut_otherwise(cut, metrics)
    found |= {each.key: run_values(compile_values(each, cut)) for each in [*QUANTILES, ALL[1]]}
    return found


def _cut_otherwise(cut: Cut, metrics: Sequence[MetricQuery]) -> dict[str, Any]:
    """Return the same of some units: a segment by text, truth and number, and those that saw."""
    segments: list[Any] = [
        (("device", "mobile"), ("member", True)),
        (("device", 'a "quoted" é'),),
        (("device", 7), ("member", False)),
    ]
    found: dict[str, Any] = {
        f"of {segment}": run_groups(compile_query(metrics, replace(cut, segment=segment)))
        for segment in segments
    }
    seen = replace(cut, is_viewed=True)
    return found | {
        "seen": run_groups(compile_query(metrics, seen, by=("@weekday",))),
        "seen by day": run_groups(compile_query(SUMMED[:-9], seen, by_day=True)),
        "arrived": arrived(seen),
        "by hour": units_by_hour(seen),
        "by value": units_by_value(cut, "device"),
    }
