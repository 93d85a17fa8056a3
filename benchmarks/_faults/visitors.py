"""The visitors of a scenario: assigned, then exposed, so that a report counts what they buy."""

import uuid
from datetime import UTC, datetime
from typing import Any

from benchmarks._faults.client import VISITORS
from benchmarks._faults.shop import Shop
from benchmarks._faults.verdict import wait_until_applied
from config.httpclient import ApiClient

PER_BATCH = 100


def expose_visitors(shop: Shop) -> None:
    """Send every visitor's exposure to its variant; returns when all are applied."""
    with ApiClient(shop.url, key=shop.secret) as client:
        exposures = [_exposure(client, f"v-{number}") for number in range(VISITORS)]
        for start in range(0, VISITORS, PER_BATCH):
            answer = client.post("/api/v1/events", {"events": exposures[start : start + PER_BATCH]})
            if answer["rejected"]:
                raise ValueError(f"an exposure was refused: {answer['rejected'][0]}")
    wait_until_applied(shop)


def _exposure(client: ApiClient, visitor: str) -> dict[str, Any]:
    unit = {"visitor_id": visitor}
    (found,) = client.post("/api/v1/assignments", {"unit": unit})["assignments"]
    return {
        "event_id": str(uuid.uuid4()),
        "type": "exposure",
        "occurred_at": datetime.now(UTC).isoformat(),
        "unit": unit,
        "properties": {"experiment": found["experiment"], "variant": found["variant"]},
    }
