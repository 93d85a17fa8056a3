"""Writing accepted events and served slates into the inbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from django.db import connection, transaction

from experiments.intake.patience import PATIENCE_S
from experiments.intake.slates import ServedSlate, SlateDocument, document_encoder
from experiments.intake.tallies import COUNT, count_accepted, tally_values
from experiments.models import InboxBatch

SLATES_PER_ROW = 500
# Stored and counted in one round trip, committed by itself where no transaction is open.
STORE = """
WITH stored AS (
    INSERT INTO experiments_inboxbatch (site_id, kind, received_at, doc, n_events, attempts, error)
    VALUES (%s, 'events', %s, %s, %s, 0, '')
)
"""
STORE_SLATES = """
INSERT INTO experiments_inboxbatch (site_id, kind, received_at, doc, n_events, attempts, error)
VALUES (%s, 'slates', %s, %s, 0, 0, '')
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """What holds for all events of a batch.

    Whether a secret key sent it, and which one; `now`: the clock that ages count from; `traffic`:
    its kind, "" for a shopper's; `skew`: how far the sender's clock runs ahead.
    """

    is_trusted: bool
    now: datetime
    api_key_id: int | None = None
    traffic: str = ""
    skew: timedelta = timedelta()


def store_events(
    site_id: int,
    events: Sequence[bytes],
    sender: Sender,
    *,
    received_at: datetime,
    refused: int = 0,
) -> None:
    """Write one inbox row that holds these checked events, and count them with the refused."""
    if not events:
        count_accepted(site_id, 0, refused)
        return
    doc = _document(events, sender)
    tally = tally_values(site_id, len(events), refused)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(STORE + COUNT, [site_id, received_at, doc, len(events), *tally])
        return
    with transaction.atomic():
        InboxBatch.objects.create(
            site_id=site_id,
            kind=InboxBatch.Kind.EVENTS,
            received_at=received_at,
            doc=doc,
            n_events=len(events),
        )
        count_accepted(site_id, len(events), refused)


def _document(events: Sequence[bytes], sender: Sender) -> str:
    head = {
        "trusted": sender.is_trusted,
        "now": sender.now,
        "key": sender.api_key_id,
        "traffic": sender.traffic,
        "skew_s": round(sender.skew.total_seconds()),
    }
    start = msgspec.json.encode(head)[:-1]
    return (start + b',"events":[' + b",".join(events) + b"]}").decode()


def write_slates(slates: Sequence[ServedSlate]) -> None:
    """Commit slates to the inbox, each row up to 500 of one site; all of them, or none."""
    by_site: dict[int, list[ServedSlate]] = {}
    for slate in slates:
        by_site.setdefault(slate.site_id, []).append(slate)
    rows = [
        (site_id, held[start : start + SLATES_PER_ROW])
        for site_id, held in by_site.items()
        for start in range(0, len(held), SLATES_PER_ROW)
    ]
    if len(rows) == 1 and connection.vendor == "postgresql":
        _write_quickly(*rows[0])
        return
    with transaction.atomic(savepoint=False):
        for row in rows:
            _write_row(*row)


def _write_quickly(site_id: int, slates: list[ServedSlate]) -> None:
    """Write one row in one round trip, which commits by itself where no transaction is open."""
    values = [str(site_id), datetime.now(UTC).isoformat(), _slate_document(slates)]
    connection.execute_quickly(  # type: ignore[attr-defined]
        STORE_SLATES, values, seconds=PATIENCE_S
    )


def _write_row(site_id: int, slates: list[ServedSlate]) -> None:
    received_at = connection.ops.adapt_datetimefield_value(datetime.now(UTC))
    with connection.cursor() as cursor:
        cursor.execute(STORE_SLATES, [site_id, received_at, _slate_document(slates)])


def _slate_document(slates: list[ServedSlate]) -> str:
    return document_encoder.encode(SlateDocument(slates=slates)).decode()
