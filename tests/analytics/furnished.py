"""Random rows with all that definitions may ask about: items, places, properties, attributes."""

import random
from typing import Any
from uuid import UUID

from experiments.models import Event, Experiment, Exposure, Slate
from tests.analytics.random_rows import random_rows

TYPES = ["purchase", "purchase", "refund", "view_item", "add_to_cart", "select_item"]
BAGS: list[dict[str, Any]] = [
    {},
    {"category": "shoes"},
    {"category": "hüte", "is_new": True},
    {"category": "shoes", "is_new": False},
]
ATTRIBUTES: list[dict[str, Any]] = [
    {},
    {"plan": "member", "is_vip": True},
    {"plan": "guest", "is_vip": False, "visits": 3},
    {"plan": "größer"},
]


def furnished_rows(experiment: Experiment, chance: random.Random) -> None:
    random_rows(experiment, chance)
    slates = list(Slate.objects.order_by("pk"))
    for slate in slates:
        _furnish_slate(slate, chance)
    Slate.objects.bulk_update(slates, SLATE_FIELDS)
    events = list(Event.objects.order_by("pk"))
    requests = [slate.request_id for slate in slates]
    for event in events:
        _furnish_event(event, chance, requests)
    Event.objects.bulk_update(events, EVENT_FIELDS)
    exposures = list(Exposure.objects.order_by("pk"))
    for exposure in exposures:
        exposure.attributes = chance.choice(ATTRIBUTES)
    Exposure.objects.bulk_update(exposures, ["attributes"])


SLATE_FIELDS = [
    "placement", "fallback", "n_items", "pairs", "unlike_pairs", "n_known", "n_tail",
    "novelty_mbit", "latency_us",
]  # fmt: skip
EVENT_FIELDS = ["type", "item_id", "rank", "request_id", "items", "properties"]


def _furnish_slate(slate: Slate, chance: random.Random) -> None:
    slate.placement = chance.choice(["home", "cart"])
    slate.fallback = chance.choice(["", "", "too_slow"])
    slate.n_items = chance.choice([None, 0, 5])
    slate.pairs, slate.unlike_pairs = chance.choice([(0, 0), (20, 6), (90, 90)])
    slate.n_known, slate.n_tail = chance.choice([(0, 0), (5, 2)])
    slate.novelty_mbit = chance.choice([0, 12_345, 2_000_000_000])
    slate.latency_us = chance.choice([0, 99, 100, 1_234, 250_000])


def _furnish_event(event: Event, chance: random.Random, requests: list[UUID]) -> None:
    event.type = chance.choice(TYPES)
    event.item_id = chance.choice(["", "a", "b"])
    event.rank = chance.choice([None, 1, 3, 4])
    event.request_id = chance.choice([None, *requests])
    event.items = chance.choice(
        [[], [{"item_id": "a", "price": 2**32, "quantity": 2}, {"item_id": "b", "price": 7}]]
    )
    event.properties = chance.choice(BAGS)
