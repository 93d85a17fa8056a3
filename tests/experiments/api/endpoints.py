"""Every endpoint that reads a body: how it is called, and a body that it takes."""

from dataclasses import dataclass
from typing import Any

from tests.callers import an_event

EXPERIMENT: dict[str, Any] = {
    "key": "hostile",
    "name": "Hostile",
    "placement": "home",
    "variants": [{"key": "a", "name": "A", "is_control": True}, {"key": "b", "name": "B"}],
}


@dataclass(frozen=True)
class Endpoint:
    """One endpoint; `text` is a body with %s at `field`, where a text belongs."""

    method: str
    path: str
    scope: str
    field: str
    text: bytes
    body: dict[str, Any]


STOREFRONT = {
    "recommendations": Endpoint(
        "POST",
        "recommendations",
        "recommend",
        "placement",
        b'{"placement": %s}',
        {"placement": "home"},
    ),
    "events": Endpoint(
        "POST",
        "events",
        "events",
        "context.now",
        b'{"events": [1], "context": {"now": %s}}',
        {"events": [an_event()]},
    ),
    "assignments": Endpoint(
        "POST",
        "assignments",
        "assign",
        "unit.visitor_id",
        b'{"unit": {"visitor_id": %s}}',
        {"unit": {"visitor_id": "v-1"}},
    ),
}
MANAGEMENT = {
    "explain": Endpoint(
        "POST",
        "assignments/explain",
        "experiments",
        "unit.visitor_id",
        b'{"unit": {"visitor_id": %s}}',
        {"unit": {"visitor_id": "v-1"}},
    ),
    "links": Endpoint(
        "POST",
        "experiments/home-test/links",
        "experiments",
        "variant",
        b'{"variant": %s}',
        {"variant": "treatment"},
    ),
    "items": Endpoint(
        "PUT",
        "items",
        "items",
        "items[0].item_id",
        b'{"items": [{"title": "Kettle", "item_id": %s}]}',
        {"items": [{"item_id": "sku-1", "title": "Kettle"}]},
    ),
    "experiments": Endpoint(
        "POST", "experiments", "experiments", "name", b'{"key": "k", "name": %s}', EXPERIMENT
    ),
    "edits": Endpoint(
        "PATCH",
        "experiments/home-test",
        "experiments",
        "name",
        b'{"version": 1, "name": %s}',
        {"version": 1, "name": "New"},
    ),
    "actions": Endpoint(
        "POST",
        "experiments/home-test/end",
        "experiments",
        "reason",
        b'{"reason": %s}',
        {"reason": "why"},
    ),
}
WITH_BODY = STOREFRONT | MANAGEMENT
