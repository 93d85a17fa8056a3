"""The loop: take batches, apply them in one transaction, isolate the one that fails."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from experiments.drain.events import apply_events
from experiments.drain.exposures import record_exposures
from experiments.drain.finish import finish_pass
from experiments.drain.gone import without_gone
from experiments.drain.in_hand import in_hand, left_in_hand
from experiments.drain.isolating import (
    MAX_ATTEMPTS,
    Killed,
    count_attempt,
    is_fault_of_batch,
    retried,
)
from experiments.drain.memory import without_garbage
from experiments.drain.slates import apply_slates
from experiments.intake.hints import mark_asleep, mark_awake
from experiments.models import InboxBatch

log = logging.getLogger(__name__)

BATCHES = 50  # of up to 500 events each: one transaction stays well under a second
LINGER_S = 1.0  # a drain that waits a moment spares a message per batch
NAP_S = 0.05


@dataclass(frozen=True, slots=True)
class Drained:
    """What one pass applied."""

    batches: int = 0
    slates: int = 0
    events: int = 0
    duplicates: int = 0

    def __add__(self, other: "Drained") -> "Drained":
        """Return the sum of two passes."""
        return Drained(
            self.batches + other.batches,
            self.slates + other.slates,
            self.events + other.events,
            self.duplicates + other.duplicates,
        )


def drain_until_idle(*, limit_s: float = 20.0, linger_s: float = LINGER_S) -> int:
    """Apply batches until the inbox stays empty for `linger_s`; return how many were applied."""
    began = idle_since = time.monotonic()
    total = apply_left_behind().batches
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


def apply_left_behind() -> Drained:
    """Apply, each by itself, the batches at which a process was killed.

    Whoever is killed again tells which one it was: a batch that was alone counts the attempt.
    """
    done = Drained()
    for pks in left_in_hand():
        if len(pks) == 1:
            log.error("a process was killed while it applied the batch id=%d", pks[0])
            count_attempt(pks[0], Killed())
        for pk in pks:
            done += _apply_part([pk])
    return done


def drain_once(*, limit: int = BATCHES) -> Drained:
    """Apply up to `limit` batches in one transaction; a failing batch is found and set aside."""
    taken: list[int] = []
    try:
        return retried(lambda: _apply_next(limit, taken))
    except Exception as error:
        if not taken and is_fault_of_batch(error):
            raise
        return _failed(taken, error)


def _apply_next(limit: int, taken: list[int]) -> Drained:
    """Apply the batches that nobody else has; `taken` tells which, also when that fails."""
    with transaction.atomic():
        waiting = InboxBatch.objects.filter(attempts__lt=MAX_ATTEMPTS).order_by("id")
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True)
        batches = list(waiting[:limit])
        taken[:] = [batch.pk for batch in batches]
        return _apply(batches)


def _apply(batches: list[InboxBatch]) -> Drained:
    """Apply these batches inside the caller's transaction and delete them."""
    if not batches:
        return Drained()
    with in_hand([batch.pk for batch in batches]):
        return _applied(without_gone(batches))


@without_garbage()
def _applied(batches: list[InboxBatch]) -> Drained:
    slates = apply_slates([b for b in batches if b.kind == InboxBatch.Kind.SLATES])
    events = apply_events([b for b in batches if b.kind == InboxBatch.Kind.EVENTS])
    exposed = record_exposures([*slates.sightings, *events.sightings])
    InboxBatch.objects.filter(pk__in=[batch.pk for batch in batches]).delete()
    finish_pass(slates, events, exposed)
    return Drained(len(batches), len(slates.rows), len(events.rows), events.duplicates.total())


def _failed(pks: Sequence[int], error: Exception) -> Drained:
    """Apply in halves what failed as a whole; count the attempt of a batch that fails alone."""
    if not is_fault_of_batch(error):
        log.error("batches left for later count=%d: %s", len(pks), error)
        return Drained()
    if len(pks) == 1:
        log.error("batch failed id=%d", pks[0], exc_info=error)
        count_attempt(pks[0], error)
        return Drained()
    middle = len(pks) // 2
    return _apply_part(pks[:middle]) + _apply_part(pks[middle:])


def _apply_part(pks: Sequence[int]) -> Drained:
    try:
        return retried(lambda: _apply_these(pks))
    except Exception as error:  # noqa: BLE001 - logged where the batch is known
        return _failed(pks, error)


def _apply_these(pks: Sequence[int]) -> Drained:
    with transaction.atomic():
        batches = InboxBatch.objects.filter(pk__in=pks).order_by("id")
        if connection.features.has_select_for_update_skip_locked:
            batches = batches.select_for_update(skip_locked=True)
        return _apply(list(batches))
