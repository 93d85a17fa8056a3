"""Everything that is measured, in order: rows made, both stores filled, each way in turn."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from benchmarks._analysis import paths
from benchmarks._analysis.aims import Aim, aims_of, require_agreement
from benchmarks._analysis.making import START, Made
from benchmarks._analysis.refreshing import Refreshed, build_first, refresh
from benchmarks._analysis.report import step_aims, tables
from benchmarks._analysis.running import Taken, taken_by
from benchmarks._analysis.size import Size
from benchmarks._analysis.steps import statistics_step
from benchmarks._analysis.writing import Writer
from benchmarks._site import a_draft
from config.bench import Settings
from experiments.models import Experiment
from experiments.services import create_site

REFRESHES = 3
SLOW = (paths.ALL_DUCKDB, paths.ALL_PG)


@dataclass
class Found:
    """What was found, and the tables that say so."""

    size: Size
    taken: list[Taken] = field(default_factory=list)
    refreshed: Refreshed = field(default_factory=Refreshed)
    aims: list[Aim] = field(default_factory=list)
    text: str = ""


def everything(size: Size, settings: Settings, folder: Path) -> Found:
    """Return everything of one size; needs an empty installation."""
    found = Found(size)
    call_command("migrate", verbosity=0, interactive=False)
    made = Made(folder / "made.duckdb", size, settings.seed)
    writer = Writer(made, _experiment())
    _timed("exported", writer.export)
    _timed("loaded", lambda: _load(writer, folder / "rows.csv"))
    _timed("rolled up", lambda: build_first(found.refreshed))
    names = [name for name in paths.PATHS if name not in SLOW]
    found.taken = taken_by(names, settings.repeats)
    require_agreement(found.taken)
    found.taken += taken_by(SLOW, 1)
    refresh(found.refreshed, writer, folder / "rows.csv", REFRESHES)
    made.close()
    step = statistics_step(settings)
    found.aims = [*aims_of(found.taken), _refresh_aim(found.refreshed), *step_aims(*step)]
    found.text = tables(size, found.taken, found.refreshed, step, found.aims)
    return found


def _refresh_aim(found: Refreshed) -> Aim:
    return Aim("one per cent of new events, of the first report's time", 0.05, found.shares)


def _experiment() -> Experiment:
    site = create_site(slug="bench", name="Bench")
    made = a_draft(site)
    Experiment.objects.filter(pk=made.pk).update(
        status="running", started_at=START, window_days=7, monitoring="fixed"
    )
    return paths.experiment()


def _load(writer: Writer, path: Path) -> None:
    writer.load(path)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _timed(what: str, work: Callable[[], None]) -> None:
    start = time.monotonic()
    work()
    sys.stderr.write(f"{what} in {time.monotonic() - start:.0f} s\n")
