"""Repeats are kept for some days, for whoever looks for one."""

from datetime import datetime, timedelta

from experiments.models import Duplicate, Site

KEPT = timedelta(days=7)
CHUNK = 5_000  # rows of one statement, which holds its locks for a tenth of a second


def prune_duplicates(*, now: datetime) -> int:
    """Delete repeats older than seven days; return how many."""
    return sum(_prune(site_id, now - KEPT) for site_id in Site.objects.values_list("pk", flat=True))


def _prune(site_id: int, before: datetime) -> int:
    old = Duplicate.objects.filter(site_id=site_id, received_at__lt=before)
    deleted = 0
    while chosen := list(old.order_by("received_at").values_list("pk", flat=True)[:CHUNK]):
        deleted += Duplicate.objects.filter(pk__in=chosen).delete()[0]
    return deleted
