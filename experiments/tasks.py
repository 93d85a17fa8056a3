"""Celery's entries of this room; a task is a hint, the work is in the database."""

from celery import shared_task

from experiments.drain import drain_until_idle


@shared_task(ignore_result=True)
def drain_inbox() -> None:
    """Apply what waits in the inbox; running twice, or side by side, changes nothing."""
    drain_until_idle()


def send_drain_hint() -> None:
    """Tell a worker that there is work; at most one try, so that a request never waits."""
    drain_inbox.apply_async(retry=False)
