"""What the OpenAPI document says of this room's plain view, which no framework can inspect."""

from typing import Any

from experiments.api.operations import Operation
from experiments.intake.shapes import SlateRequest
from recommenders.api.answers import Recommendations

REQUEST: dict[str, Any] = {
    "unit": {"visitor_id": "v-81", "account_id": None},
    "placement": "home",
    "k": 10,
    "context": {"item_id": None, "cart": [], "device": "mobile", "country": "DE"},
    "attributes": {"plan": "member", "new_visitor": True},
    "session_id": "s-4",
    "consent": {"personalization": True, "analytics": True},
}
ANSWER: dict[str, Any] = {
    "request_id": "5f3c2f0a-6a3e-4a57-8a0b-0d3e6f1b9c77",
    "placement": "home",
    "experiment": {
        "key": "home-hybrid",
        "phase": 1,
        "variant": "hybrid",
        "in_experiment": True,
        "reason": "SPLIT",
    },
    "recommender": {"name": "hybrid", "artifact": "hybrid@2026-11-20.3"},
    "items": [{"item_id": "sku-1", "rank": 1, "score": 0.83, "propensity": 1.0}],
    "fallback": None,
    "exposure": {"recorded": "committed", "token": "1.5f3c2f0a6a3e4a578a0b0d3e6f1b9c77.7:…"},
}
OPERATIONS = (
    Operation(
        path="/api/v1/recommendations",
        operation_id="recommendations_create",
        summary="Ask for recommendations",
        description=(
            "The list of the variant that the visitor belongs to, and the assignment with its"
            " reason. The list is recorded as an exposure; quote its `request_id` in later events."
            " When the service is ill the answer is still a list, and `fallback` says why."
            " Declared bots are in no experiment (`BOT`): a browser's user agent tells, a server"
            " may pass on `context.user_agent`. Who calls from a network of the"
            " site's own sees a variant that does not count (`QA`)."
        ),
        request=SlateRequest,
        response=Recommendations,
        status=200,
        example=REQUEST,
        answer=ANSWER,
        statuses=(404,),
    ),
)
