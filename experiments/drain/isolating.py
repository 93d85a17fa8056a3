"""When the database or a batch fails a pass: what is tried again, and what is set aside."""

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from django.db import OperationalError, transaction
from django.db.models import F

from experiments.drain.tallies import count_poison
from experiments.models import InboxBatch, Quarantine
from experiments.subjects.hiding import stored_body

log = logging.getLogger(__name__)

T = TypeVar("T")
MAX_ATTEMPTS = 5
MAX_RETRIES = 3
RETRY_S = 0.05  # doubled each time, and spread, so that two that met do not meet again
PASSING = {"40001", "40P01"}  # serialisation failure, deadlock
TOO_COMPLEX = "54"  # limits that a batch itself exceeds, nested too deep for instance


class Killed(Exception):
    """The process that applied a batch was killed, as by the kernel when memory runs out."""

    def __str__(self) -> str:
        """Return what to look at."""
        return "the process that applied it was killed; was it out of memory?"


def retried(work: Callable[[], T]) -> T:
    """Return what `work`, a transaction, returns; up to three times more after a deadlock."""
    for retry in range(MAX_RETRIES):
        try:
            return work()
        except OperationalError as error:
            if _sqlstate(error) not in PASSING:
                raise
            log.warning("pass repeated: %s", error)
            time.sleep(random.uniform(0, RETRY_S * 2**retry))  # noqa: S311 - no secret
    return work()


def is_fault_of_batch(error: Exception) -> bool:
    """Return whether an error is a batch's own: a lock timeout or a full disk is not."""
    if isinstance(error, OperationalError):
        return _sqlstate(error).startswith(TOO_COMPLEX)
    return True


def count_attempt(pk: int, error: Exception) -> None:
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
            body=stored_body(batch.doc, site_id=batch.site_id, hash_ids=batch.site.hash_ids),
        )
        count_poison(batch.site_id, batch.n_events)
        batch.delete()


def _sqlstate(error: OperationalError) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
