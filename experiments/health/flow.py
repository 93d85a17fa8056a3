"""Does what comes in get where it belongs: ages, sums, spool, quarantine."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from experiments.health.counts import site_counts
from experiments.health.waiting import FINE_S, LATE_S, oldest_waiting, spooled
from experiments.models import Quarantine
from experiments.registries import HealthCheck

FULL = 0.8  # of the spool's room
MANY = 100  # refused events in an hour; fewer may be one shop's mistake
GROWTH = 3  # times the usual hour


def inbox_age() -> HealthCheck:
    """Return how long the oldest accepted batch has waited."""
    oldest = oldest_waiting()
    if oldest is None:
        return HealthCheck("events applied", "ok", "nothing waits")
    detail = f"the oldest batch has waited {oldest.age_s:.1f} s"
    if oldest.age_s < FINE_S:
        return HealthCheck("events applied", "ok", detail)
    if oldest.age_s < LATE_S:
        fix = "Wait: a burst is being applied. Nothing is lost."
        return HealthCheck("events applied", "degraded", detail, fix)
    fix = (
        "Restart the worker for events (./armature up does it by itself). If the age still grows,"
        " look at Admin → Inbox for the error; nothing is lost."
    )
    return HealthCheck("events applied", "failed", detail, fix)


def reconciliation() -> HealthCheck:
    """Return whether accepted = applied + duplicates + quarantined + dropped + waiting holds."""
    counts = site_counts()
    wrong = [each for each in counts if each.difference]
    if not wrong:
        detail = f"{sum(each.accepted for each in counts)} accepted events are all accounted for"
        return HealthCheck("reconciliation", "ok", detail)
    missing = sum(max(each.difference, 0) for each in wrong)
    surplus = sum(max(-each.difference, 0) for each in wrong)
    detail = f"{missing} events missing, {surplus} too many, in {len(wrong)} of {len(counts)} sites"
    fix = (
        "Were rows of the inbox deleted, or a backup of some tables restored? Then restore all of"
        " one moment; if not, report it with the counters of the health page."
    )
    return HealthCheck("reconciliation", "failed", detail, fix)


def spool() -> HealthCheck:
    """Return whether slates wait on the disk, or were set aside there."""
    held = spooled()
    detail = f"{held.files} files, {held.bytes} bytes"
    if held.lost:
        fix = "Bring the database back and give ARMATURE_SPOOL_MB more room."
        return HealthCheck("spool", "failed", f"{detail}; {held.lost} slates lost", fix)
    if held.bytes > FULL * settings.SPOOL_BYTES and held.bytes:
        fix = "Bring the database back, or give ARMATURE_SPOOL_MB more room."
        return HealthCheck("spool", "failed", f"{detail}: nearly full", fix)
    if held.set_aside_bytes:
        detail = f"{held.set_aside_bytes} bytes were set aside as unreadable"
        fix = "Look at spool/set-aside in the data folder, then delete what is there."
        return HealthCheck("spool", "degraded", detail, fix)
    if held.files:
        fix = "Wait: slates are imported once the database answers."
        return HealthCheck("spool", "degraded", detail, fix)
    return HealthCheck("spool", "ok", "empty")


def quarantine() -> HealthCheck:
    """Return whether many more events are refused than usually."""
    now = timezone.now()
    hour = timedelta(hours=1)
    last = _refused(now - hour, now)
    usual = _refused(now - 25 * hour, now - hour) / 24
    detail = f"{last} events refused in the last hour, {usual:.0f} in a usual one"
    if last < MANY or last <= GROWTH * usual:
        return HealthCheck("quarantine", "ok", detail)
    fix = "Look at Admin → Quarantine for the reason; once it is mended, replay them."
    return HealthCheck("quarantine", "degraded", detail, fix)


def _refused(since: object, until: object) -> int:
    return Quarantine.objects.filter(received_at__gte=since, received_at__lt=until).count()


FLOW: tuple[Callable[[], HealthCheck], ...] = (inbox_age, reconciliation, spool, quarantine)
