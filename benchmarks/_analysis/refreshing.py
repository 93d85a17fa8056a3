"""What a report costs when one event in a hundred is new: rollups kept up, then read."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from analytics.models import RollupState
from analytics.reporting.judging import compare_all
from analytics.reporting.measuring import measure
from analytics.rollups.applying import apply_touched
from analytics.rollups.building import build_phase
from analytics.rollups.states import ask_for_rollups
from benchmarks._analysis.paths import METRICS, experiment, scope_of
from benchmarks._analysis.writing import Writer
from experiments.registries import Touched


@dataclass
class Refreshed:
    """Seconds: of the first report, its rollups made; of each refresh, kept up and read."""

    built_s: float = 0.0
    first_read_s: float = 0.0
    kept_up_s: list[float] = field(default_factory=list)
    read_s: list[float] = field(default_factory=list)
    units: int = 0

    @property
    def shares(self) -> tuple[float, ...]:
        """Return what each refresh took of the first report."""
        first = self.built_s + self.first_read_s
        both = zip(self.kept_up_s, self.read_s, strict=True)
        return tuple((kept + read) / first for kept, read in both)


def build_first(found: Refreshed) -> None:
    """Make the rollups of both metrics, and read them."""
    start = time.perf_counter()
    ask_for_rollups(experiment(), timezone.now())
    RollupState.objects.exclude(metric__key__in=METRICS).delete()
    if not build_phase(experiment().pk, 1):
        raise RuntimeError("the rollups were not made to the end")
    found.built_s = time.perf_counter() - start
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE analytics_rollup")
    found.first_read_s = _read()


def refresh(found: Refreshed, writer: Writer, path: Path, repeats: int) -> None:
    """Add one per cent of the events, let the drain's own code keep the rollups up, and read."""
    made, size = writer.made, writer.made.size
    for repeat in range(repeats):
        first = size.events + repeat * size.more
        made.make_events(first, first + size.more)
        writer.load(path, only="events")
        touched = _touched(writer)
        found.units = len({event[2] for event in touched.events})
        start = time.perf_counter()
        with transaction.atomic():
            apply_touched(touched)
        found.kept_up_s.append(time.perf_counter() - start)
        found.read_s.append(_read())


def _touched(writer: Writer) -> Touched:
    """Return what the drain would say that it had applied."""
    rows = writer.made.connection.execute(
        "SELECT type, 'u-' || unit, MIN(ts_us) FROM events GROUP BY type, unit"
    ).fetchall()
    site = writer.experiment.site_id
    return Touched(events=frozenset((site, kind, unit, "", "", ts) for kind, unit, ts in rows))


def _read() -> float:
    start = time.perf_counter()
    scope = scope_of(experiment(), is_present=True)
    measured = measure(scope)
    compare_all(scope, measured)
    if set(measured.sources.values()) != {"rollup"}:
        raise RuntimeError(f"rollups were not read: {measured.sources} {measured.notes}")
    return time.perf_counter() - start
