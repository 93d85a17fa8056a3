"""What is known of a unit stands on its exposures, so that analyses need not look it up."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import Q, QuerySet

from experiments.drain.linked import chunks
from experiments.models import Experiment, Exposure, FlaggedUnit
from experiments.registries import UnitKey


class Flag(NamedTuple):
    """A unit and the kind of its traffic; "" for a shopper."""

    site_id: int
    unit_type: str
    unit_id: str
    traffic: str


def flag_exposures(keys: Iterable[UnitKey]) -> None:
    """Mark those of these exposures whose unit is flagged. The caller holds the tail lock."""
    unit_ids = sorted({unit_id for _experiment, _phase, unit_id in keys})
    for chunk in chunks(unit_ids):
        flagged = FlaggedUnit.objects.filter(unit_id__among=chunk).exclude(traffic="")
        mark_exposures([Flag(*row) for row in flagged.values_list(*Flag._fields)])


def mark_exposures(flags: Sequence[Flag]) -> frozenset[UnitKey]:
    """Write these flags on their units' exposures; return those that changed.

    The caller holds the tail lock: a drain beside us may be about to expose the unit.
    """
    changed: set[UnitKey] = set()
    for flag in flags:
        rows = exposures_of(flag).exclude(traffic=flag.traffic)
        changed.update(rows.values_list("experiment_id", "phase", "unit_id"))
        rows.update(traffic=flag.traffic)
    return frozenset(changed)


def exposures_of(flag: Flag) -> QuerySet[Exposure]:
    """Return the exposures of a unit; one that names no type has its experiment's."""
    is_own = Q(unit_type="", experiment__unit_type=flag.unit_type)
    return Exposure.objects.filter(
        Q(unit_type=flag.unit_type) | is_own,
        experiment__in=_experiments(flag.site_id),
        unit_id=flag.unit_id,
    )


def _experiments(site_id: int) -> list[int]:
    # By id: exposures are found by experiment, phase and unit, and those of others are not read.
    return list(Experiment.objects.filter(site_id=site_id).values_list("pk", flat=True))
