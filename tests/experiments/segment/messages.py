"""Segment's messages as its libraries write them, and what we make of them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from experiments.intake.refusals import Refused
from experiments.intake.shapes import EventIn, event_decoder
from experiments.segment.mapping import Source, event_bytes

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def a_message(kind: str = "track", **fields: Any) -> dict[str, Any]:
    """Return a good message."""
    return {
        "type": kind,
        "messageId": "018f4e1e-6f3a-4c55-9d8c-0f6f4c1c2d3e",
        "anonymousId": "v-1",
        "userId": None,
        "timestamp": "2026-11-20T11:59:30.250Z",
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
        **fields,
    }


def tracked(event: str, **properties: Any) -> dict[str, Any]:
    """Return the message of a tracked event."""
    return a_message(event=event, properties=properties)


def event_from(message: dict[str, Any] | str, currency: str = "EUR", kind: str = "") -> EventIn:
    """Return the event that a message becomes, as the storefront's endpoint would read it."""
    text = message if isinstance(message, str) else json.dumps(message)
    return event_decoder.decode(event_bytes(text.encode(), Source(1, currency, NOW), kind))


def refused(message: dict[str, Any]) -> tuple[str, str | None]:
    """Return code and field of the refusal of a message; fails when it is taken."""
    with pytest.raises(Refused) as refusal:
        event_from(message)
    assert refusal.value.detail
    return refusal.value.code, refusal.value.field
