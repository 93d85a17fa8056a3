"""On which engine a phase is analysed, and its days written to Parquet where that one needs them.

The database, unless the installation names another engine or rows of the period were dropped after
their export: those are in files alone.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Max, Min

from analytics.engines.current import using
from analytics.engines.database import DATABASE
from analytics.engines.dialects import Engine
from analytics.engines.duck import duckdb_over
from analytics.engines.files import Files, files_of
from analytics.engines.spark import spark_over
from analytics.errors import EngineError
from experiments.models import Experiment, ExportedDay, Exposure, Site
from experiments.retention.ahead import export_ahead
from experiments.retention.exporting import ExportError

IN_DATABASE, ON_DUCKDB, ON_SPARK = "database", "duckdb", "spark"
MARGIN = 1  # the day of a row is the site's, a window is hours


@dataclass(frozen=True, slots=True)
class Period:
    """The days (ISO, both included) on which rows of a phase may lie."""

    site: Site
    first: str
    last: str

    @property
    def was_dropped(self) -> bool:
        """Return whether rows of these days are in files alone."""
        return ExportedDay.objects.filter(
            site=self.site, day__gte=self.first, day__lte=self.last, dropped_at__isnull=False
        ).exists()


def period_of(
    experiment: Experiment, phase: int, *, before_days: int, after_days: int
) -> Period | None:
    """Return the days that a phase's units may have rows on; None while it has no units.

    `before_days`, `after_days`: of a unit's first exposure, those that are looked at.
    """
    rows = Exposure.objects.filter(experiment=experiment, phase=phase)
    found = rows.aggregate(first=Min("day"), last=Max("day"))
    if found["first"] is None:
        return None
    return Period(
        experiment.site,
        _moved(found["first"], -before_days - MARGIN),
        _moved(found["last"], after_days + MARGIN),
    )


@contextmanager
def engine_over(period: Period | None) -> Iterator[Engine]:
    """Let every statement inside run where the period's rows are; yields the engine.

    Writes the days to files first where they are read there, so it is to be opened outside of a
    transaction that only reads. Raises EngineError when that cannot be done.
    """
    name = _engine_of(period)
    if period is None or name == IN_DATABASE:
        yield DATABASE
        return
    with _opened(name, _files(period)) as engine, using(engine):
        yield engine


def _engine_of(period: Period | None) -> str:
    chosen = str(settings.ANALYSIS_ENGINE)
    if chosen == IN_DATABASE and period is not None and period.was_dropped:
        return ON_DUCKDB
    return chosen


def _files(period: Period) -> Files:
    try:
        export_ahead(period.site, first=period.first, last=period.last)
    except (ExportError, OSError) as error:
        raise EngineError(f"the exported days cannot be read: {error}") from error
    return files_of(period.site.pk, first=period.first, last=period.last)


def _opened(name: str, files: Files) -> AbstractContextManager[Engine]:
    if name == ON_SPARK:
        return spark_over(files, master=settings.SPARK_MASTER)
    return duckdb_over(files)


def _moved(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
