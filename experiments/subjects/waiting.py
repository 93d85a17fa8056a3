"""Taking a unit out of what is not applied yet, and of what was refused."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.db import connection, transaction
from django.db.models import F, Model, Q, QuerySet

from experiments.intake.quarantining import digest_of
from experiments.intake.recovery import ASIDE, try_import
from experiments.intake.segments import frame, segments
from experiments.intake.spool import spool_folder
from experiments.models import InboxBatch, Quarantine, Tally
from experiments.subjects.bodies import is_listing, needles, text_mentions, without_unit
from experiments.subjects.subject import Subject

HEAD = 9  # characters of a spooled line before its record: the checksum and a blank


def erase_waiting(subject: Subject) -> Counter[str]:
    """Rewrite the inbox's documents without the unit; its events count as dropped.

    What a drain has taken already is left to it: it drops the unit by itself.
    """
    try_import()  # spooled slates wait in the inbox from now on
    removed: Counter[str] = Counter()
    for pk in _pks(InboxBatch.objects.filter(site=subject.site), "doc", subject):
        removed["inbox"] += _rewrite_batch(pk, subject)
    removed["set_aside"] += sum(_rewrite_aside(path, subject) for path in _aside())
    return +removed


@transaction.atomic
def _rewrite_batch(pk: int, subject: Subject) -> int:
    rows = InboxBatch.objects.filter(pk=pk)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    batch = rows.first()
    if batch is None:
        return 0
    batch.doc, removed = without_unit(batch.doc, subject.unit_type, subject.ids)
    if not removed:
        return 0
    if batch.kind == InboxBatch.Kind.EVENTS:
        batch.n_events = max(batch.n_events - removed, 0)
        _count_dropped(subject.site.pk, removed)
    batch.save(update_fields=["doc", "n_events"])
    return removed


def _count_dropped(site_id: int, count: int) -> None:
    row, _made = Tally.objects.get_or_create(site_id=site_id, slot=Tally.DRAIN)
    Tally.objects.filter(pk=row.pk).update(dropped=F("dropped") + count)


def erase_refused(subject: Subject) -> Counter[str]:
    """Remove refused events that mention the unit; of a refused batch, only the unit's part."""
    removed: Counter[str] = Counter()
    for pk in _pks(Quarantine.objects.filter(site=subject.site), "body", subject):
        removed["quarantine"] += _rewrite_refused(pk, subject)
    return +removed


@transaction.atomic
def _rewrite_refused(pk: int, subject: Subject) -> int:
    row = Quarantine.objects.select_for_update().filter(pk=pk).first()
    if row is None or not text_mentions(row.body, subject.unit_type, subject.ids):
        return 0
    if not is_listing(row.body):
        row.delete()
        return 1
    row.body, removed = without_unit(row.body, subject.unit_type, subject.ids)
    row.digest = digest_of(row.code, row.body)
    row.save(update_fields=["body", "digest"])
    return removed


def refused_of(subject: Subject) -> Iterator[Quarantine]:
    """Yield the refused events and batches that mention the unit, oldest first."""
    for pk in _pks(Quarantine.objects.filter(site=subject.site), "body", subject):
        row = Quarantine.objects.filter(pk=pk).first()
        if row and text_mentions(row.body, subject.unit_type, subject.ids):
            yield row


def waiting_of(subject: Subject) -> Iterator[InboxBatch]:
    """Yield the accepted documents that may hold something of the unit, oldest first."""
    for pk in _pks(InboxBatch.objects.filter(site=subject.site), "doc", subject):
        if row := InboxBatch.objects.filter(pk=pk).first():
            yield row


def _pks(rows: "QuerySet[Model]", column: str, subject: Subject) -> list[int]:
    """Return the rows whose text holds the id somehow; whether it is its own is seen later."""
    wanted = Q()
    for needle in needles(subject.ids):
        wanted |= Q(**{f"{column}__contains": needle})
    return list(rows.filter(wanted).order_by("pk").values_list("pk", flat=True))


def _aside() -> list[Path]:
    """Return the files of spooled slates that could not be imported."""
    return segments(spool_folder() / ASIDE)


def _rewrite_aside(path: Path, subject: Subject) -> int:
    """Drop the lines of a file that mention the unit; what is no record as well, if it does."""
    lines = path.read_bytes().splitlines()
    kept = [line for line in lines if not _is_mentioned(line, subject)]
    if len(kept) < len(lines):
        path.write_bytes(b"".join(line + b"\n" for line in kept))
    return len(lines) - len(kept)


def _is_mentioned(line: bytes, subject: Subject) -> bool:
    record = line[HEAD:] if frame(line[HEAD:])[:-1] == line else line
    return text_mentions(record.decode("utf-8", "replace"), subject.unit_type, subject.ids)
