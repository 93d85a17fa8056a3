"""What every stored computation goes through: claimed once, finished for good, found when lost."""

import logging
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from analytics.models import Computation
from experiments.errors import AlreadyFinished

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
# A computation whose worker was killed once more after this long will not get better.
HOPE = 3 * LEASE


def claim(rows: type[Computation], pk: int) -> bool:
    """Take a queued computation, or one whose worker is gone; False when another worker has it."""
    now = timezone.now()
    waiting = Q(status=Computation.Status.QUEUED) | Q(
        status=Computation.Status.COMPUTING, started_at__lt=now - LEASE
    )
    return bool(
        rows._default_manager.filter(waiting, pk=pk).update(
            status=Computation.Status.COMPUTING, started_at=now
        )
    )


def note_failure(row: Computation, error: Exception) -> None:
    """Mark a computation failed, with the reason that its readers see."""
    row.status = Computation.Status.FAILED
    row.error = f"{type(error).__name__}: {error}"[:2000]


def finish(row: Computation) -> None:
    """Store a computation as it came out, for good; one that was given up stays so."""
    row.finished_at = timezone.now()
    if row.status == Computation.Status.READY:
        row.stage, row.share = "", 1.0
    try:
        row.save()
    except AlreadyFinished:
        # Given up meanwhile: whoever waited for it has been told so.
        log.warning("%s came too late id=%d", row._meta.verbose_name, row.pk)


def unfinished(rows: type[Computation]) -> list[int]:
    """Return computations whose message was lost or whose worker was killed."""
    now = timezone.now()
    lost = Q(status=Computation.Status.QUEUED, created_at__lt=now - timedelta(seconds=15)) | Q(
        status=Computation.Status.COMPUTING, started_at__lt=now - LEASE
    )
    return list(rows._default_manager.filter(lost).order_by("id").values_list("pk", flat=True))


def give_up_hopeless(rows: type[Computation]) -> int:
    """Mark computations failed that outlived every lease; return how many."""
    now = timezone.now()
    return rows._default_manager.filter(
        status=Computation.Status.COMPUTING,
        started_at__lt=now - LEASE,
        created_at__lt=now - HOPE,
    ).update(
        status=Computation.Status.FAILED,
        error="The worker was killed while it computed this. Refresh; does it have memory enough?",
        finished_at=now,
    )
