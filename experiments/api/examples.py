"""The bodies that the OpenAPI document shows; the tests send every one of them."""

from typing import Any

EVENTS: dict[str, Any] = {
    "events": [
        {
            "event_id": "0b9d7ae2-0e5f-4c54-9f0b-3f8d1a7c2e10",
            "type": "select_item",
            "occurred_at": "2026-11-20T12:00:05Z",
            "unit": {"visitor_id": "v-81"},
            "request_id": "5f3c2f0a-6a3e-4a57-8a0b-0d3e6f1b9c77",
            "item_id": "sku-1",
            "rank": 1,
            "session_id": "s-4",
        },
        {
            "event_id": "c1f0f5de-4a8b-4f6e-8f57-7d1e2b3a4c5d",
            "type": "purchase",
            "occurred_at": "2026-11-20T12:06:40Z",
            "unit": {"visitor_id": "v-81"},
            "order_id": "o-1007",
            "items": [{"item_id": "sku-1", "quantity": 1, "price": 1999}],
            "value": {"amount": 1999, "currency": "EUR"},
        },
        {
            "event_id": "9a1de644-815e-46d1-bb8f-aa1837f8a88b",
            "type": "refund",
            "occurred_at": "2026-11-20T12:07:00Z",
            "value": {"amount": -1999, "currency": "EUR"},
        },
    ],
    "context": {"now": "2026-11-20T12:07:00Z"},
}
RECEIPT: dict[str, Any] = {
    "accepted": 2,
    "rejected": [
        {
            "index": 2,
            "code": "negative_amount",
            "field": "value.amount",
            "detail": "Expected `int` >= 0",
        }
    ],
}
ASSIGNMENT: dict[str, Any] = {
    "unit": {"visitor_id": "v-81", "account_id": None},
    "experiment": "home-hybrid",
    "attributes": {"plan": "member"},
    "consent": {"personalization": True, "analytics": True},
}
ASSIGNMENTS: dict[str, Any] = {
    "assignments": [
        {
            "experiment": "home-hybrid",
            "phase": 1,
            "variant": "hybrid",
            "parameters": {"recommender": "hybrid", "artifact": "hybrid@2026-11-20.3"},
            "in_experiment": True,
            "reason": "SPLIT",
            "unit_type": "visitor",
        }
    ]
}
EXPLANATIONS: dict[str, Any] = {
    "explanations": [
        {
            "experiment": "home-hybrid",
            "status": "running",
            "phase": 1,
            "variant": None,
            "in_experiment": False,
            "reason": "NOT_IN_LAYER",
            "unit_type": "visitor",
            "unit_id": "v-81",
            "decided_by": "layer",
            "steps": [
                {
                    "name": "layer",
                    "verdict": "decided",
                    "value": {"bucket": 6679, "ranges": [[0, 5000]]},
                    "detail": "bucket 6679 of the layer is outside [0, 5000)",
                }
            ],
        }
    ]
}
EXPERIMENT: dict[str, Any] = {
    "key": "home-next",
    "name": "Popularity or the hybrid on the home page",
    "hypothesis": "If the home page knows tastes, revenue per visitor rises.",
    "placement": "home",
    "eligibility": {"country": {"$in": ["DE", "AT"]}},
    "planned_days": 14,
    "mde": 0.05,
    "allocation": 5000,
    "variants": [
        {
            "key": "popularity",
            "name": "Popularity",
            "is_control": True,
            "parameters": {"recommender": "popularity"},
        },
        {"key": "hybrid", "name": "Hybrid", "parameters": {"recommender": "hybrid"}},
    ],
}
EDIT: dict[str, Any] = {
    "version": 1,
    "name": "Popularity or the hybrid: what sells more on the home page",
    "reason": "The old name did not say what it is about.",
}
ACTION: dict[str, Any] = {"reason": "The checkout of the shop is down."}
LINK: dict[str, Any] = {"variant": "treatment", "days": 7, "page": "https://shop.example/"}
WAIVER: dict[str, Any] = {"code": "end_date", "reason": "The season decides when it ends."}
CLONE: dict[str, Any] = {"key": "home-hybrid-again", "name": "The hybrid, asked again in spring"}
FROM_TEMPLATE: dict[str, Any] = {
    "key": "home-beats-popularity",
    "name": "A recommender against popularity",
    "placement": "home",
    "choices": {"recommender": "random"},
}
DECISION: dict[str, Any] = {
    "outcome": "won",
    "reason": "Revenue per visitor rose by 4 %, and no guardrail was harmed.",
    "shipped_variant": "treatment",
    "follow_up": "Try it in the cart next.",
}
WEBHOOK: dict[str, Any] = {"name": "Chat", "url": "https://93.184.216.34/hooks/armature"}
WEBHOOK_CHANGE: dict[str, Any] = {"is_active": False}

SUBJECT: dict[str, Any] = {"unit_type": "visitor", "unit_id": "v-81"}
ERASE: dict[str, Any] = {"unit_type": "account", "unit_id": "a-17", "linked": True}
LIFT: dict[str, Any] = {"reason": "Signed up again and agreed, ticket 4711."}
