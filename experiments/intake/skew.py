"""How far a sender's clock is off, told from when it says that it sent."""

from datetime import datetime, timedelta

STEP = timedelta(minutes=5)
LARGEST = timedelta(days=30)  # beyond that a clock tells nothing at all


def skew_of(sent_at: datetime | None, *, received_at: datetime) -> timedelta:
    """Return how far the sender's clock runs ahead, in whole steps of five minutes.

    Nothing within five minutes: a batch is on its way for a while, and what two batches of one
    clock were delayed must not change the order of their events.
    """
    if sent_at is None:
        return timedelta()
    ahead = sent_at - received_at
    if not STEP < abs(ahead) <= LARGEST:
        return timedelta()
    return round(ahead / STEP) * STEP
