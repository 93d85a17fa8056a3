"""A clock that is wrong is known by when its batch says that it was sent, and corrected."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from experiments.drain import drain_once
from experiments.intake.skew import skew_of
from experiments.models import Event, Quarantine
from tests.callers import caller_for
from tests.factories import NOW, a_site

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(), timedelta()),
        (5 * MINUTE, timedelta()),
        (-5 * MINUTE, timedelta()),
        (6 * MINUTE, 5 * MINUTE),
        (3 * HOUR - timedelta(seconds=59), 3 * HOUR),
        (-3 * HOUR - timedelta(seconds=59), -3 * HOUR),
        (10 * DAY, 10 * DAY),
        (31 * DAY, timedelta()),
    ],
)
def test_skew__is_in_steps_that_no_delay_changes(ahead: timedelta, expected: timedelta) -> None:
    assert skew_of(NOW + ahead, received_at=NOW) == expected
    assert skew_of(None, received_at=NOW) == timedelta()


@pytest.mark.django_db
@pytest.mark.parametrize("off", [-10 * DAY, -3 * HOUR, 3 * HOUR, 10 * DAY])
def test_events__of_a_wrong_clock_that_says_when_it_sent__keep_order_and_distance(
    off: timedelta,
) -> None:
    caller, began = caller_for(a_site()), datetime.now(UTC)

    def event(kind: str, ago: timedelta) -> dict[str, Any]:
        at = (began + off - ago).isoformat()
        unit = {"visitor_id": "v-1"}
        return {"event_id": str(uuid.uuid4()), "type": kind, "occurred_at": at, "unit": unit}

    events = [event("view_item", 2 * HOUR), event("add_to_cart", HOUR)]
    body = {"events": events, "context": {"sent_at": (began + off).isoformat()}}
    answers = [caller.post("events", body).json() for _ in range(2)]
    drain_once()

    assert answers == [{"accepted": 2, "rejected": []}] * 2
    first, second = Event.objects.order_by("ts_us")
    assert (first.type, second.type) == ("view_item", "add_to_cart")
    assert second.occurred_at - first.occurred_at == HOUR
    assert abs(began - HOUR - second.occurred_at) < MINUTE
    assert first.properties == {"clock_corrected": True}
    assert not Quarantine.objects.exists()
