"""A batch that could not be applied, back in the inbox as it was."""

from datetime import UTC, datetime

import msgspec

from experiments.intake.tallies import count_accepted
from experiments.models import InboxBatch, Quarantine


class _Batch(msgspec.Struct):
    events: list[msgspec.Raw] = []
    slates: list[msgspec.Raw] | None = None


def requeue_batch(row: Quarantine) -> int:
    """Put a batch from quarantine back, inside the caller's transaction; return its events.

    They were accepted once and quarantined once, and are now accepted anew. What cannot be read is
    put back all the same: the drain says again what is wrong.
    """
    try:
        batch = msgspec.json.decode(row.body, type=_Batch)
    except msgspec.MsgspecError:
        batch = _Batch()
    is_slates = batch.slates is not None or row.detail.startswith(InboxBatch.Kind.SLATES)
    InboxBatch.objects.create(
        site_id=row.site_id,
        kind=InboxBatch.Kind.SLATES if is_slates else InboxBatch.Kind.EVENTS,
        received_at=datetime.now(UTC),
        doc=row.body,
        n_events=len(batch.events),
    )
    count_accepted(row.site_id, len(batch.events), 0)
    return len(batch.events)
