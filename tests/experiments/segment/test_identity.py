"""One message is one event for ever, at the time that our clock would have told."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from experiments.segment.identity import event_id_of, moment_of, skew_of
from tests.experiments.segment.messages import NOW

GOLDEN = "6990b907-36b5-5982-9b91-79a79ecb446a"
TEXT = "node-next-1764331200000-018f4e1e-6f3a-4c55-9d8c-0f6f4c1c2d3e"


def test_message_id__that_is_a_uuid__is_the_events() -> None:
    text = "018F4E1E-6f3a-4c55-9d8c-0f6f4c1c2d3e"

    assert event_id_of(text, site_id=1) == event_id_of(text, site_id=2) == UUID(text)


def test_message_id__of_any_text__is_one_uuid_per_site_for_ever() -> None:
    assert event_id_of(TEXT, site_id=1) == UUID(GOLDEN)
    assert event_id_of(TEXT, site_id=2) != UUID(GOLDEN)
    assert event_id_of(7, site_id=1) == event_id_of("7", site_id=1)
    assert event_id_of(TEXT, site_id=1).version == 5


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(0), timedelta(0)),
        (timedelta(minutes=5), timedelta(0)),
        (timedelta(minutes=-5), timedelta(0)),
        (timedelta(minutes=5, seconds=1), timedelta(minutes=5, seconds=1)),
        (timedelta(hours=-3, milliseconds=2), timedelta(hours=-3)),
        (timedelta(days=400), timedelta(days=400)),
    ],
)
def test_skew__of_a_sender__counts_beyond_five_minutes(
    ahead: timedelta, expected: timedelta
) -> None:
    assert skew_of((NOW + ahead).isoformat(), received_at=NOW) == expected


@pytest.mark.parametrize("sent_at", [None, "", "now", 1764331200, "2026-11-20T12:00:00", {}])
def test_skew__of_a_sender_who_does_not_say__is_none(sent_at: object) -> None:
    assert skew_of(sent_at, received_at=NOW) == timedelta(0)


def test_moment__of_a_wrong_clock__is_put_right() -> None:
    skew = timedelta(hours=2)
    told = datetime(2026, 11, 20, 13, 59, tzinfo=UTC)

    assert moment_of(told, skew=skew, received_at=NOW) == told - skew


def test_moment__at_the_end_of_the_calendar__stays() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)

    assert moment_of(first, skew=timedelta(hours=1), received_at=NOW) == first
