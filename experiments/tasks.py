"""Celery's entries of this room; a task is a hint, the work is in the database."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from experiments import services
from experiments.drain import drain_until_idle
from experiments.health.alarms import alarms
from experiments.intake.recovery import try_import
from experiments.models import Erasure
from experiments.received.pruning import prune_duplicates
from experiments.retention import partitions
from experiments.retention.run import run_retention
from experiments.subjects import erasure
from experiments.traffic import outliers


@shared_task(ignore_result=True)
def drain_inbox() -> None:
    """Apply what waits in spool and inbox; running twice, or side by side, changes nothing."""
    try_import()
    drain_until_idle()


def send_drain_hint() -> None:
    """Tell a worker that there is work; at most one try, so that a request never waits."""
    drain_inbox.apply_async(retry=False)


@shared_task(ignore_result=True)
def run_schedule() -> None:
    """Start and end what is due; running twice, or side by side, changes nothing."""
    services.run_schedule(now=timezone.now())


@shared_task(ignore_result=True)
def advance_ramps() -> None:
    """Open the ramp steps that are due; running twice, or side by side, changes nothing."""
    services.advance_ramps(now=timezone.now())


@shared_task(ignore_result=True)
def send_notices() -> None:
    """Send what waits in the outbox of notices; side by side, each is sent by one."""
    services.send_deliveries(now=timezone.now())


@shared_task(ignore_result=True)
def remind_people() -> None:
    """Raise the reminders that are due; one that stands is not raised again."""
    services.remind(now=timezone.now())


@shared_task(ignore_result=True, time_limit=600, soft_time_limit=540)
def flag_outliers(hours: int = 2) -> None:
    """Flag units with more events in one of the last hours than a person makes."""
    outliers.flag_outliers(hours=hours)


@shared_task(ignore_result=True)
def make_partitions() -> None:
    """Make the days ahead, and sort what came for no day; running twice changes nothing."""
    today = datetime.now(UTC).date()
    partitions.make_days_ahead(today=today)
    partitions.sort_rest(today=today)


@shared_task(ignore_result=True)
def look_at_health() -> None:
    """Raise and resolve the alarms of ages and counts; side by side, each is raised once."""
    alarms.look()


@shared_task(ignore_result=True, time_limit=7200, soft_time_limit=7000)
def drop_old_days() -> None:
    """Export and drop what sites no longer keep; ended in between, it goes on next time."""
    run_retention(now=timezone.now())


@shared_task(ignore_result=True, time_limit=1500, soft_time_limit=1440)
def run_erasure(erasure_id: int) -> None:
    """Do one round of an erasure; running twice, or killed in between, changes nothing."""
    erasure.run_erasure(erasure_id=erasure_id, now=timezone.now())


def queue_erasures(erasures: Iterable[Erasure]) -> None:
    """Begin these erasures once they are committed; a broker that is away costs seconds."""
    for each in erasures:
        send = partial(run_erasure.apply_async, (each.pk,), retry=False)
        transaction.on_commit(send, robust=True)


@shared_task(ignore_result=True)
def sweep_erasures() -> None:
    """Queue a round for every erasure that is not finished."""
    for erasure_id in erasure.unfinished_erasures():
        run_erasure.delay(erasure_id)


@shared_task(ignore_result=True)
def prune_repeats() -> None:
    """Delete repeats that nobody will look for any more; ended in between, it goes on next time."""
    prune_duplicates(now=timezone.now())
