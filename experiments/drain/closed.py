"""Units of experiments whose enrolment was closed, seen in a second variant after it.

A sighting after the close enrols nobody, so it is kept only as its list. When an earlier one comes
later, that list still tells of the second variant.
"""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from experiments.assignment.specs import Reason
from experiments.drain.linked import chunks
from experiments.models import Experiment, Exposure, Slate
from experiments.registries import UnitKey


def mark_second_variants(keys: Iterable[UnitKey]) -> None:
    """Mark those of these units as seen in two variants whose lists say so.

    Of experiments that enrol, the exposures themselves tell. The caller holds the tail lock.
    """
    units: dict[int, set[str]] = {}
    for experiment_id, _phase, unit_id in keys:
        units.setdefault(experiment_id, set()).add(unit_id)
    closed = Experiment.objects.filter(pk__in=units, enrolment_closed_at__isnull=False)
    for experiment_id in closed.values_list("pk", flat=True) if units else ():
        for chunk in chunks(sorted(units[experiment_id])):
            rows = Exposure.objects.filter(experiment_id=experiment_id, unit_id__among=chunk)
            rows.filter(Exists(_of_others()), is_multiple=False).update(is_multiple=True)


def _of_others() -> QuerySet[Slate]:
    """Return the lists of an exposure's unit in the same phase that are of another variant."""
    same = {name: OuterRef(name) for name in ("experiment_id", "phase", "unit_id")}
    rows = Slate.objects.filter(reason=Reason.SPLIT.value, variant_id__isnull=False, **same)
    return rows.exclude(variant_id=OuterRef("variant_id"))
