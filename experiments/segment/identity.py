"""Which event a message is, for ever, and when it happened."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from experiments.intake.shapes import text_id
from experiments.segment.messages import Moment

# Of this product alone; another one would give every message a second identity.
NAMESPACE = UUID("6f1f0f0e-6a53-5f0c-9a52-0b8f3f0b5b1d")
UUID_LENGTH = 36
TRUSTED_SKEW = timedelta(minutes=5)


def event_id_of(message_id: str | int, *, site_id: int) -> UUID:
    """Return a message's id when it is a UUID, else the same UUID for it in this site for ever."""
    text = text_id(message_id)
    return as_uuid(text) or uuid5(NAMESPACE, f"{site_id}:{text}")


def as_uuid(value: object) -> UUID | None:
    """Return the UUID that a text of the usual form is, None for anything else."""
    if not isinstance(value, str) or len(value) != UUID_LENGTH:
        return None
    try:
        return UUID(value)
    except ValueError:
        return None


def skew_of(sent_at: Any, *, received_at: datetime) -> timedelta:
    """Return how far the sender's clock runs ahead; zero within five minutes, or when unknown.

    In whole seconds: a batch that is sent again reads its clock again, and must not become other
    events for the milliseconds that it was on the way.
    """
    try:
        ahead = msgspec.convert(sent_at, Moment) - received_at
    except (msgspec.ValidationError, OverflowError):
        return timedelta()
    return (
        timedelta(seconds=round(ahead.total_seconds()))
        if abs(ahead) > TRUSTED_SKEW
        else timedelta()
    )


def moment_of(timestamp: datetime | None, *, skew: timedelta, received_at: datetime) -> datetime:
    """Return when a message happened by our clock; without a timestamp, when it arrived."""
    if timestamp is None:
        return received_at
    try:
        return timestamp.astimezone(UTC) - skew
    except OverflowError:  # at the ends of the calendar: too old or too new, corrected or not
        return timestamp
