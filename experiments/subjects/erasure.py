"""Erasure: suppression first, then deletion, repeated until nothing under way can bring it back."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from experiments import snapshot
from experiments.errors import ArmatureError, InvalidInput
from experiments.models import Erasure, Experiment, UnitLink
from experiments.services.audit import SERVICE, record_change
from experiments.subjects.erasers import Step, erase_rows, erase_units
from experiments.subjects.exports import erase_exported
from experiments.subjects.subject import Subject, links_of
from experiments.subjects.waiting import erase_refused, erase_waiting

log = logging.getLogger(__name__)

# A snapshot is at most some seconds old and a pass of the drain under way takes less than one:
# a round that begins this long after the suppression finds whatever they have still written.
SETTLED = timedelta(seconds=10)
PENDING = "pending"  # where the id stands until the erasure is over; only its digest stays
STEPS: tuple[Step, ...] = (erase_waiting, erase_refused, erase_units, erase_rows, erase_exported)


class StillBusy(ArmatureError):
    """Something that began before the erasure still reads what it had found; ask again later."""

    code = "still_busy"
    status = 409


def ask_erasure(*, subject: Subject, actor: str, linked: bool | None = None) -> list[Erasure]:
    """Suppress the unit from now on and note that its rows are to go; return what was noted.

    `linked`: erase the visitors of an account too, which is the default, unless they are linked to
    another account as well. Whoever calls queues the work. Asked again, it is done again.
    """
    is_account = subject.unit_type == Experiment.UnitType.ACCOUNT
    if linked and not is_account:
        raise InvalidInput("only an account has linked visitors to erase", field="linked")
    wanted = [subject]
    if is_account and linked is not False:
        wanted += _own_visitors(subject)
    with transaction.atomic():
        return [_note(each, actor) for each in wanted]


def _own_visitors(account: Subject) -> list[Subject]:
    """Return the visitors that were seen with this account and with no other one."""
    visitors = set(links_of(account).values_list("visitor_id", flat=True))
    others = UnitLink.objects.filter(site=account.site, visitor_id__in=visitors)
    shared = others.exclude(account_id=account.unit_id).values_list("visitor_id", flat=True)
    return [
        Subject(account.site, Experiment.UnitType.VISITOR, visitor_id, visitor_id)
        for visitor_id in sorted(visitors - set(shared))
    ]


def _note(subject: Subject, actor: str) -> Erasure:
    key = {"site": subject.site, "unit_type": subject.unit_type, "digest": subject.digest}
    pending = {"unit_id": subject.unit_id, "given": subject.given}
    asked: dict[str, Any] = {
        "actor": actor[:200],
        "asked_at": timezone.now(),
        "removed": {PENDING: pending},
    }
    erasure, is_new = Erasure.objects.get_or_create(**key, defaults=asked)
    if not is_new:  # an update tells no snapshot: the digest is in it already
        again = {**asked, "finished_at": None, "error": ""}
        Erasure.objects.filter(pk=erasure.pk).update(**again)
        erasure.refresh_from_db()
    _record(subject, "erase", actor)
    return erasure


def _record(subject: Subject, action: str, actor: str, **after: Any) -> None:
    record_change(
        site=subject.site, subject=subject.name, action=action, actor=actor, before={}, after=after
    )


def lift_erasure(*, erasure: Erasure, actor: str, reason: str) -> None:
    """Take a unit off the list: the person is back and agrees; what was removed stays removed.

    Raises InvalidInput while the erasure is not finished.
    """
    if erasure.finished_at is None:
        raise InvalidInput("an erasure under way cannot be lifted", hint="Wait until it is done.")
    record_change(
        site=erasure.site,
        subject=f"{erasure.unit_type} {erasure.digest[:12]}",
        action="lift erasure",
        actor=actor,
        before={"asked_at": erasure.asked_at, "asked_by": erasure.actor},
        after={},
        reason=reason,
    )
    erasure.delete()


def unfinished_erasures() -> list[int]:
    """Return the erasures that still have something to do."""
    rows = Erasure.objects.filter(finished_at=None)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def run_erasure(*, erasure_id: int, now: datetime) -> Erasure | None:
    """Do one round; return the erasure, None when there is nothing to do any more.

    The round that begins ten seconds after it was asked, or later, finishes it. Killed at any
    point, it is begun again; side by side, two rounds remove the same rows once.
    """
    erasure = Erasure.objects.select_related("site").filter(pk=erasure_id, finished_at=None).first()
    if erasure is None:
        return None
    subject = Subject(erasure.site, erasure.unit_type, **erasure.removed[PENDING])
    try:
        _round(erasure, subject)
    except StillBusy as busy:
        Erasure.objects.filter(pk=erasure.pk).update(error=str(busy))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is asked again and shown
        # Without the traceback: what a database quotes of a statement may hold the id.
        log.error("erasure failed id=%d: %s", erasure.pk, type(error).__name__)
        Erasure.objects.filter(pk=erasure.pk).update(error=f"failed: {type(error).__name__}")
    else:
        if now >= erasure.asked_at + SETTLED:
            _finish(erasure, subject)
    erasure.refresh_from_db()
    return erasure


def _round(erasure: Erasure, subject: Subject) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")  # freed pages are overwritten
    for step in STEPS:
        _add(erasure, step(subject))


@transaction.atomic
def _add(erasure: Erasure, removed: Mapping[str, int]) -> None:
    """Add what a step removed, so that whoever looks sees how far it is."""
    row = Erasure.objects.select_for_update().get(pk=erasure.pk)
    counted = Counter({name: n for name, n in row.removed.items() if name != PENDING})
    counted.update(removed)
    pending = {PENDING: row.removed[PENDING]} if PENDING in row.removed else {}
    Erasure.objects.filter(pk=row.pk).update(removed={**pending, **(+counted)})


def _finish(erasure: Erasure, subject: Subject) -> None:
    with transaction.atomic():
        row = Erasure.objects.select_for_update().get(pk=erasure.pk)
        counts = removed_by(row)
        done = Erasure.objects.filter(pk=row.pk, finished_at=None).update(
            finished_at=timezone.now(), removed=counts, error=""
        )
        if done:
            _record(subject, "erased", SERVICE, **counts)
    if counts.get("overrides"):
        snapshot.load()  # its copy on the disk still named the unit
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log held the rows, too
    log.info("erasure finished id=%d rows=%d", erasure.pk, sum(counts.values()))


def removed_by(erasure: Erasure) -> dict[str, int]:
    """Return how many rows the erasure has removed so far, by table."""
    return {name: count for name, count in erasure.removed.items() if name != PENDING}


def erasures_of(site_ids: Iterable[int] | QuerySet) -> QuerySet[Erasure]:
    """Return the erasures of sites, the latest first."""
    return Erasure.objects.filter(site_id__in=site_ids).order_by("-asked_at", "-pk")


def erasure_of(subject: Subject) -> Erasure | None:
    """Return the erasure of a unit, None when it was never erased, or when that was lifted."""
    return Erasure.objects.filter(
        Q(site=subject.site), unit_type=subject.unit_type, digest=subject.digest
    ).first()
