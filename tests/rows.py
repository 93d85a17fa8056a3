"""What visitors met and did, as unsaved rows."""

import uuid
from datetime import datetime
from typing import Any

from experiments.clock import day_of, microseconds
from experiments.models import Event, Site, Slate


def a_slate(site: Site, at: datetime, **fields: Any) -> Slate:
    """Return a list that was served on the home page."""
    values = {
        "request_id": uuid.uuid4(),
        "placement": "home",
        "served_at": at,
        "reason": "SPLIT",
        "recommender": "popularity",
    }
    return Slate(**(_stamp(site, at) | values | fields))


def an_event(site: Site, kind: str, at: datetime, **fields: Any) -> Event:
    """Return an event."""
    values = {
        "event_id": uuid.uuid4(),
        "type": kind,
        "occurred_at": at,
        "received_at": at,
    }
    return Event(**(_stamp(site, at) | values | fields))


def _stamp(site: Site, at: datetime) -> dict[str, Any]:
    return {"site": site, "ts_us": microseconds(at), "day": day_of(at, site.timezone)}
