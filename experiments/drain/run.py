"""The loop: take batches, apply them in one transaction, isolate the one that fails."""

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import OperationalError, connection, transaction
from django.db.models import F

from experiments.drain.events import apply_events
from experiments.drain.exposures import record_exposures
from experiments.drain.finish import finish_pass
from experiments.drain.slates import apply_slates
from experiments.intake.hints import mark_asleep, mark_awake
from experiments.models import InboxBatch, Quarantine

log = logging.getLogger(__name__)

BATCHES = 50  # of up to 500 events each: one transaction stays well under a second
MAX_ATTEMPTS = 5
LINGER_S = 1.0  # a drain that waits a moment spares a message per batch
NAP_S = 0.05


@dataclass(frozen=True, slots=True)
class Drained:
    """What one pass applied."""

    batches: int = 0
    slates: int = 0
    events: int = 0
    duplicates: int = 0


def drain_until_idle(*, limit_s: float = 20.0, linger_s: float = LINGER_S) -> int:
    """Apply batches until the inbox stays empty for `linger_s`; return how many were applied."""
    began = idle_since = time.monotonic()
    total = 0
    while time.monotonic() - began < limit_s:
        mark_awake()
        done = drain_once()
        total += done.batches
        if done.batches:
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since >= linger_s:
            break
        else:
            time.sleep(NAP_S)
    # Whoever saw us awake sent no hint: one look more, after the flag is gone, finds its work.
    mark_asleep()
    return total + drain_once().batches


def drain_once(*, limit: int = BATCHES) -> Drained:
    """Apply up to `limit` batches in one transaction; a failing batch is found and set aside."""
    try:
        return _apply_next(limit)
    except Exception:
        log.exception("drain failed limit=%d", limit)
    return _apply_singly(limit)


def _apply_next(limit: int) -> Drained:
    with transaction.atomic():
        waiting = InboxBatch.objects.filter(attempts__lt=MAX_ATTEMPTS).order_by("id")
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True)
        return _apply(list(waiting[:limit]))


def _apply(batches: list[InboxBatch]) -> Drained:
    """Apply these batches inside the caller's transaction and delete them."""
    if not batches:
        return Drained()
    slates = apply_slates([b for b in batches if b.kind == InboxBatch.Kind.SLATES])
    events = apply_events([b for b in batches if b.kind == InboxBatch.Kind.EVENTS])
    exposed = record_exposures([*slates.sightings, *events.sightings])
    InboxBatch.objects.filter(pk__in=[batch.pk for batch in batches]).delete()
    finish_pass(slates, events, exposed)
    return Drained(len(batches), len(slates.rows), len(events.rows), events.duplicates.total())


def _apply_singly(limit: int) -> Drained:
    """Apply the same batches one by one; count the attempt of each that fails."""
    done = Drained()
    for pk in (
        InboxBatch.objects.filter(attempts__lt=MAX_ATTEMPTS)
        .order_by("id")
        .values_list("pk", flat=True)[:limit]
    ):
        try:
            with transaction.atomic():
                one = _apply(list(InboxBatch.objects.select_for_update().filter(pk=pk)))
            done = Drained(*(a + b for a, b in zip(_counts(done), _counts(one), strict=True)))
        except OperationalError as error:
            # A deadlock, a lock timeout, a full disk: no fault of the batch, which waits unharmed.
            log.error("batch left for later id=%d: %s", pk, error)
        except Exception as error:
            log.exception("batch failed id=%d", pk)
            _count_attempt(pk, error)
    return done


def _counts(done: Drained) -> tuple[int, int, int, int]:
    return done.batches, done.slates, done.events, done.duplicates


def _count_attempt(pk: int, error: Exception) -> None:
    """Count a failed attempt; the fifth moves the batch to quarantine, whole."""
    with transaction.atomic():
        InboxBatch.objects.filter(pk=pk).update(attempts=F("attempts") + 1, error=str(error)[:2000])
        batch = InboxBatch.objects.filter(pk=pk, attempts__gte=MAX_ATTEMPTS).first()
        if batch is None:
            return
        Quarantine.objects.create(
            site_id=batch.site_id,
            received_at=datetime.now(UTC),
            code="poison",
            detail=f"{batch.kind} batch failed {MAX_ATTEMPTS} times: {batch.error}",
            body=batch.doc,
        )
        batch.delete()
