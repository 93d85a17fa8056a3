"""First exposures per hour and variant: counted, and laid out as a chart with its table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, F, Max
from django.utils import timezone

from experiments.clock import microseconds, zone
from experiments.models import Experiment, Exposure, Variant
from experiments.web.history import words_of
from experiments.web.moments import moment_text

HOURS = 48
HOUR_US = 3_600_000_000
TOP, HEIGHT = 12, 150  # pixels above the plot, and of it
LABEL_EVERY = 12  # hours
MOST_MARK = 4
ROUND = (1, 2, 5)
NOTED = ("start", "ramp", "phase", "pause", "close_enrolment")
MOST_NOTES = 30
LABEL_WIDTH = 26  # per cent of the width that a note's label takes


@dataclass(frozen=True, slots=True)
class Tick:
    """A grid line: `at` in per cent of the width, or in pixels from the top."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A variant's line; `points` in a square of 100 by 100, `end` in pixels from the top."""

    name: str
    mark: int
    points: str
    end: int
    total: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something that changed who entered: `x` in per cent of the width; a label where it fits."""

    x: str
    label: str
    has_room: bool


@dataclass(frozen=True, slots=True)
class Row:
    """An hour of the table: when, and the new units of each variant by name."""

    hour: str
    cells: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Hourly:
    """The chart; without a line there is nothing to draw."""

    lines: tuple[Line, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]
    span: str
    zone: str

    @property
    def total(self) -> int:
        """Return all new units of the window."""
        return sum(line.total for line in self.lines)

    @property
    def words(self) -> str:
        """Return the chart's figures that matter, for whoever does not see it."""
        each = "; ".join(f"{line.name} {line.total:,}" for line in self.lines)
        return f"New units per hour, {self.span}. In all: {each}"


def hourly_of(experiment: Experiment, variants: Sequence[Variant]) -> Hourly:
    """Return the new units of the last 48 hours of the run, hour by hour."""
    last = _last_hour(experiment)
    hours = list(range(last - HOURS + 1, last + 1))
    counts = _counts(experiment, hours)
    top = _round_up(max(counts.values(), default=0))
    names = [variant.name for variant in variants]
    return Hourly(
        lines=tuple(_line(place, each, hours, counts, top) for place, each in enumerate(variants)),
        y_ticks=tuple(Tick(str(_y(top * part, top)), f"{top * part:,.0f}") for part in (0, 0.5, 1)),
        x_ticks=tuple(_x_ticks(experiment, hours)),
        rows=tuple(_rows(experiment, variants, names, hours, counts)),
        notes=tuple(_notes(experiment, hours)),
        span=f"{_moment(experiment, hours[0])} to {_moment(experiment, hours[-1] + 1)}",
        zone=experiment.site.timezone,
    )


def _last_hour(experiment: Experiment) -> int:
    """Return the last hour to show: now, the end, or where a simulated shop's clock stands."""
    until = experiment.ended_at or timezone.now()
    if experiment.site.is_simulated:
        newest = Exposure.objects.filter(experiment=experiment).aggregate(at=Max("ts_us"))["at"]
        return (newest or microseconds(until)) // HOUR_US
    return microseconds(until) // HOUR_US


def _counts(experiment: Experiment, hours: Sequence[int]) -> Mapping[tuple[int, int], int]:
    """Return new units by variant and hour since 1970."""
    rows = (
        Exposure.objects.filter(
            experiment=experiment,
            ts_us__gte=hours[0] * HOUR_US,
            ts_us__lt=(hours[-1] + 1) * HOUR_US,
        )
        .annotate(hour=F("ts_us") / HOUR_US)
        .values_list("variant_id", "hour")
        .annotate(units=Count("id"))
        .order_by()
    )
    return {(variant_id, hour): units for variant_id, hour, units in rows}


def _line(
    place: int,
    variant: Variant,
    hours: Sequence[int],
    counts: Mapping[tuple[int, int], int],
    top: float,
) -> Line:
    values = [counts.get((variant.pk, hour), 0) for hour in hours]
    points = " ".join(
        f"{100 * index / (len(hours) - 1):.2f},{100 * (1 - value / top):.2f}"
        for index, value in enumerate(values)
    )
    mark = min(place, MOST_MARK)
    return Line(variant.name, mark, points, _y(values[-1], top), sum(values))


def _y(value: float, top: float) -> int:
    return round(TOP + HEIGHT * (1 - value / top))


def _round_up(value: int) -> float:
    """Return the first of 2, 4, 10, 20, 40, 100 … that is not less: twice a round number."""
    scale = 1
    while True:
        for step in ROUND:
            if value <= 2 * step * scale:
                return 2 * step * scale
        scale *= 10


def _x_ticks(experiment: Experiment, hours: Sequence[int]) -> Iterable[Tick]:
    for index in range(0, len(hours), LABEL_EVERY):
        at = 100 * index / (len(hours) - 1)
        yield Tick(f"{at:.2f}%", f"{_local(experiment, hours[index]):%a %H:%M}")


def _notes(experiment: Experiment, hours: Sequence[int]) -> Iterable[Note]:
    """Yield the ramp's steps, phases and pauses of the window; labels keep clear of each other."""
    first, last = (_local(experiment, hour) for hour in (hours[0], hours[-1]))
    changes = experiment.changes.filter(action__in=NOTED, at__gte=first)
    free = 0.0
    for change in changes.order_by("at", "id")[:MOST_NOTES]:
        at = min(100 * ((change.at - first) / (last - first)), 100.0)
        has_room = free <= at <= 100 - LABEL_WIDTH
        free = at + LABEL_WIDTH if has_room else free
        yield Note(f"{at:.2f}%", words_of(change), has_room)


def _rows(
    experiment: Experiment,
    variants: Sequence[Variant],
    names: Sequence[str],
    hours: Sequence[int],
    counts: Mapping[tuple[int, int], int],
) -> Iterable[Row]:
    """Yield the hours with a new unit, newest first."""
    for hour in reversed(hours):
        values = [counts.get((variant.pk, hour), 0) for variant in variants]
        if any(values):
            yield Row(_moment(experiment, hour), tuple(zip(names, values, strict=True)))


def _local(experiment: Experiment, hour: int) -> datetime:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(hours=hour)
    return moment.astimezone(zone(experiment.site.timezone))


def _moment(experiment: Experiment, hour: int) -> str:
    return moment_text(_local(experiment, hour), experiment.site)
