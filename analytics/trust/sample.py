"""Some of the units with their slates and events: enough to find a fault of more than a few.

Every k-th exposure by its row, which knows nothing of variants; their slates come by the index
`slate_unit_time` and their events by the indexes of ids. So its cost does not grow with the rows;
where days were dropped they come from files, which are read once for slates and once for events.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import F

from analytics.engines.current import reads_files
from analytics.queries import UNIT_COLUMNS
from analytics.reporting.scope import Scope
from analytics.trust import from_files
from experiments.clock import EPOCH, MICROSECOND, day_of, microseconds
from experiments.models import Event, Exposure, Slate

T = TypeVar("T")

UNITS = 5_000
MOST_ROWS = 200_000  # of slates, and of events: units with thousands of them end the reading early
CHUNK = 500  # ids in one query


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that counts: its variant, and when it met it first."""

    variant_id: int
    t0: int
    id_type: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A list that a unit of the sample was shown, in this phase."""

    unit_id: str
    variant_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """What a unit of the sample did: when, when that was told, and which list it quotes."""

    unit_id: str
    ts_us: int
    received_us: int
    request_id: UUID | None


@dataclass(frozen=True, slots=True)
class Sample:
    """Every `step`-th unit that counts, with what it was shown and did since it was exposed."""

    step: int
    units: dict[str, Unit]
    shown: tuple[Shown, ...]
    done: tuple[Done, ...]


def read_sample(scope: Scope, n_units: int) -> Sample:
    """Return at most some 5 000 of so many units, and their rows up to the scope's moment."""
    step = max(1, n_units // UNITS)
    units = _units(scope, step)
    return Sample(step, units, tuple(_shown(scope, units)), tuple(_done(scope, units)))


def _units(scope: Scope, step: int) -> dict[str, Unit]:
    rows = (
        Exposure.objects.filter(
            experiment=scope.experiment,
            phase=scope.phase,
            is_multiple=False,
            traffic="",
            ts_us__lte=scope.until_us,
        )
        .annotate(rest=F("id") % step)
        .filter(rest=0)
        .values_list("unit_id", "variant_id", "ts_us", "unit_type")
    )
    own = scope.experiment.unit_type
    return {unit: Unit(variant, t0, kind or own) for unit, variant, t0, kind in rows}


def _shown(scope: Scope, units: Iterable[str]) -> Iterator[Shown]:
    if reads_files():
        yield from (Shown(*row) for row in from_files.shown_to(scope, list(units), MOST_ROWS))
        return
    rows_left = MOST_ROWS
    for ids in chunks(list(units)):
        rows = Slate.objects.filter(
            experiment=scope.experiment,
            phase=scope.phase,
            unit_id__among=ids,
            ts_us__lte=scope.until_us,
        )
        found = list(rows.values_list("unit_id", "variant_id", "reason")[:rows_left])
        yield from (Shown(*row) for row in found)
        rows_left -= len(found)
        if rows_left <= 0:
            return


def _done(scope: Scope, units: dict[str, Unit]) -> Iterator[Done]:
    rows_left = MOST_ROWS
    for id_type in sorted({unit.id_type for unit in units.values()}):
        own = [unit_id for unit_id, unit in units.items() if unit.id_type == id_type]
        for done in _done_by(scope, UNIT_COLUMNS[id_type], own, rows_left):
            rows_left -= 1
            if done.ts_us >= units[done.unit_id].t0:
                yield done


def _done_by(scope: Scope, column: str, units: Sequence[str], rows_left: int) -> Iterator[Done]:
    """Yield so many events of the units, of one type of id, since anybody was exposed."""
    if reads_files():
        since_us = scope.first_exposure_us() or scope.until_us
        rows = from_files.done_by(scope, column, units, since_us, rows_left)
        yield from (Done(*row) for row in rows)
        return
    for ids in chunks(units):
        for unit, ts_us, at, request_id in _events(scope, column, ids)[: max(0, rows_left)]:
            rows_left -= 1
            yield Done(unit, ts_us, microseconds(at), request_id)


def _events(scope: Scope, column: str, ids: Sequence[str]) -> Any:
    first_us = scope.first_exposure_us() or scope.until_us
    rows = Event.objects.filter(
        **{f"{column}__among": ids},
        site_id=scope.experiment.site_id,
        ts_us__gte=first_us,
        ts_us__lte=scope.until_us,
        traffic="",
        day__gte=_day(first_us, scope),
        day__lte=_day(scope.until_us, scope),
    )
    return rows.values_list(column, "ts_us", "received_at", "request_id")


def chunks(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the ids in parts that fit in one query."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _day(ts_us: int, scope: Scope) -> str:
    return day_of(EPOCH + ts_us * MICROSECOND, scope.experiment.site.timezone)
