"""Writing served slates into the inbox."""

from collections.abc import Sequence
from datetime import UTC, datetime

from experiments.intake.slates import ServedSlate, SlateDocument, document_encoder
from experiments.models import InboxBatch

SLATES_PER_ROW = 500


def write_slates(slates: Sequence[ServedSlate]) -> None:
    """Commit slates to the inbox, each row up to 500 of one site; all of them, or none."""
    by_site: dict[int, list[ServedSlate]] = {}
    for slate in slates:
        by_site.setdefault(slate.site_id, []).append(slate)
    InboxBatch.objects.bulk_create(
        _row(site_id, rows[start : start + SLATES_PER_ROW])
        for site_id, rows in by_site.items()
        for start in range(0, len(rows), SLATES_PER_ROW)
    )


def _row(site_id: int, slates: list[ServedSlate]) -> InboxBatch:
    return InboxBatch(
        site_id=site_id,
        kind=InboxBatch.Kind.SLATES,
        received_at=datetime.now(UTC),
        doc=document_encoder.encode(SlateDocument(slates=slates)).decode(),
    )
