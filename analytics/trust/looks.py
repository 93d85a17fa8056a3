"""Noting that a report was opened, so that early looks at a fixed horizon can be counted."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from analytics.models import ReportLook
from experiments.models import Experiment


@transaction.atomic
def note_look(*, experiment: Experiment, reader: str) -> None:
    """Count one look of a reader at the present phase's report; only where it is to be read once.

    One row per reader and day, so that a screen that reloads by itself costs one update.
    """
    if experiment.monitoring != Experiment.Monitoring.FIXED:
        return
    now = timezone.now()
    row, is_new = ReportLook.objects.get_or_create(
        experiment=experiment,
        phase=experiment.phase,
        reader=reader[:200],
        day=now.date(),
        defaults={"first_at": now},
    )
    if not is_new:
        ReportLook.objects.filter(pk=row.pk).update(times=F("times") + 1)
