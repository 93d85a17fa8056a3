"""A served list as it travels from the request to its rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class SlateItem(msgspec.Struct, frozen=True):
    """One shown item with what reports later need of it."""

    item_id: str
    rank: int
    score: float | None
    propensity: float
    category: str = ""
    price: int | None = None


class ServedSlate(msgspec.Struct, frozen=True, kw_only=True):
    """Who got which list, from what, why, and how long it took."""

    site_id: int
    request_id: UUID
    placement: str
    served_at: datetime
    visitor_id: str = ""
    account_id: str = ""
    session_id: str = ""
    experiment_id: int | None = None
    phase: int | None = None
    variant_id: int | None = None
    unit_id: str = ""
    unit_type: str = ""
    reason: str = ""
    recommender: str = ""
    artifact: str = ""
    items: list[SlateItem] = []
    fallback: str = ""
    latency_us: int = 0
    attributes: dict[str, Any] = {}
    traffic: str = ""


class SlateDocument(msgspec.Struct, frozen=True):
    """What an inbox row of slates holds."""

    slates: list[ServedSlate]


document_decoder = msgspec.json.Decoder(SlateDocument)
document_encoder = msgspec.json.Encoder()
slate_decoder = msgspec.json.Decoder(ServedSlate)
slate_encoder = msgspec.json.Encoder()
