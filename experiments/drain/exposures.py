"""First exposures: one row per unit, experiment and phase, whatever order sightings arrive in."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from experiments.clock import microseconds
from experiments.drain.linked import chunks
from experiments.models import Experiment, Exposure
from experiments.registries import UnitKey

# Of two variants at one moment the one that was set up first: arrival decides nothing.
EARLIER = (
    "(excluded.ts_us, excluded.variant_id)"
    " < (experiments_exposure.ts_us, experiments_exposure.variant_id)"
)
# One statement for SQLite and PostgreSQL: the earliest sighting names the variant, and a second
# variant marks the unit for good. Ordering by key keeps two drains from waiting on each other.
UPSERT = """
INSERT INTO experiments_exposure
    (experiment_id, phase, unit_id, unit_type, variant_id, first_at, ts_us, day, attributes,
    is_multiple, traffic)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, {json}, %s, '')
ON CONFLICT (experiment_id, phase, unit_id) DO UPDATE SET
    is_multiple = experiments_exposure.is_multiple OR excluded.is_multiple
        OR experiments_exposure.variant_id <> excluded.variant_id,
    variant_id = CASE WHEN {earlier}
        THEN excluded.variant_id ELSE experiments_exposure.variant_id END,
    unit_type = CASE WHEN {earlier}
        THEN excluded.unit_type ELSE experiments_exposure.unit_type END,
    first_at = CASE WHEN {earlier}
        THEN excluded.first_at ELSE experiments_exposure.first_at END,
    day = CASE WHEN {earlier}
        THEN excluded.day ELSE experiments_exposure.day END,
    attributes = CASE WHEN {earlier}
        THEN excluded.attributes ELSE experiments_exposure.attributes END,
    ts_us = CASE WHEN {earlier}
        THEN excluded.ts_us ELSE experiments_exposure.ts_us END
"""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A unit met a variant at a moment."""

    experiment_id: int
    phase: int
    unit_id: str
    unit_type: str
    variant_id: int
    at: datetime
    day: str
    attributes: dict[str, Any]

    @property
    def key(self) -> UnitKey:
        """Return what is unique about an exposure."""
        return self.experiment_id, self.phase, self.unit_id


class Known(NamedTuple):
    """An exposure as it is stored."""

    ts_us: int
    variant_id: int
    is_multiple: bool

    def says(self, first: Sighting, *, is_multiple: bool) -> bool:
        """Tell whether a sighting, the first of several, changes nothing about it.

        What is stored only ever gets earlier or comes to be of several variants, so this holds
        whatever other drains store meanwhile.
        """
        is_later = (self.ts_us, self.variant_id) <= (microseconds(first.at), first.variant_id)
        is_second = is_multiple or first.variant_id != self.variant_id
        return is_later and (self.is_multiple or not is_second)


def record_exposures(sightings: Sequence[Sighting]) -> frozenset[UnitKey]:
    """Record each unit's earliest sighting; a unit seen in two variants is marked as such.

    Units first seen after enrolment was closed are left out. Returns whose exposures are new or
    changed.
    """
    known = _known(sightings)
    news = [
        (first, is_multiple)
        for first, is_multiple in _earliest(_enrolled(sightings, known))
        if first.key not in known or not known[first.key].says(first, is_multiple=is_multiple)
    ]
    _upsert(news)
    return frozenset(first.key for first, _is_multiple in news)


def _upsert(news: Sequence[tuple[Sighting, bool]]) -> None:
    json_slot = "%s::jsonb" if connection.vendor == "postgresql" else "%s"
    if news:
        with connection.cursor() as cursor:
            cursor.executemany(
                UPSERT.format(json=json_slot, earlier=EARLIER),
                [_values(first, is_multiple) for first, is_multiple in news],
            )


def _enrolled(sightings: Sequence[Sighting], known: Iterable[UnitKey]) -> Sequence[Sighting]:
    """Return the sightings without those after the close of enrolment of units not yet in.

    Of a unit that is in, the late ones stay: they may show it in a second variant.
    """
    closed: dict[int, datetime | None] = dict(
        Experiment.objects.filter(
            pk__in={sighting.experiment_id for sighting in sightings},
            enrolment_closed_at__isnull=False,
        ).values_list("pk", "enrolment_closed_at")
    )
    on_time: list[Sighting] = []
    late: list[Sighting] = []
    for sighting in sightings:
        closed_at = closed.get(sighting.experiment_id)
        (late if closed_at and sighting.at > closed_at else on_time).append(sighting)
    enrolled = {sighting.key for sighting in on_time}.union(known)
    return [*on_time, *(sighting for sighting in late if sighting.key in enrolled)]


def _known(sightings: Iterable[Sighting]) -> Mapping[UnitKey, Known]:
    """Return the exposures that these units have already."""
    units: dict[tuple[int, int], set[str]] = {}
    for sighting in sightings:
        units.setdefault((sighting.experiment_id, sighting.phase), set()).add(sighting.unit_id)
    found: dict[UnitKey, Known] = {}
    for (experiment_id, phase), ids in units.items():
        rows = Exposure.objects.filter(experiment_id=experiment_id, phase=phase)
        for chunk in chunks(sorted(ids)):
            told = rows.filter(unit_id__among=chunk).values_list("unit_id", *Known._fields)
            found.update(((experiment_id, phase, unit), Known(*stored)) for unit, *stored in told)
    return found


def _earliest(sightings: Iterable[Sighting]) -> list[tuple[Sighting, bool]]:
    """Return each unit's earliest sighting and whether it was seen in several variants."""
    first: dict[UnitKey, Sighting] = {}
    multiple: set[UnitKey] = set()
    for sighting in sightings:
        seen = first.setdefault(sighting.key, sighting)
        if seen.variant_id != sighting.variant_id:
            multiple.add(sighting.key)
        if (sighting.at, sighting.variant_id) < (seen.at, seen.variant_id):
            first[sighting.key] = sighting
    return [(first[key], key in multiple) for key in sorted(first)]


def _values(sighting: Sighting, is_multiple: bool) -> tuple[Any, ...]:
    return (
        *sighting.key,
        sighting.unit_type,
        sighting.variant_id,
        connection.ops.adapt_datetimefield_value(sighting.at),
        microseconds(sighting.at),
        sighting.day,
        json.dumps(sighting.attributes),
        is_multiple,
    )
