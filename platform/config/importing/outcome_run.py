"""Bringing the outcomes of an experiment into a site, a batch at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid5

from django.db import transaction

from config.importing.outcome_rows import Columns, OutcomeRow, read_outcomes, variants_in
from config.importing.outcome_setup import Setup, conclude, event_type, prepare
from config.importing.records import NAMESPACE
from config.importing.resumable import BATCH, Imported, import_rows, started
from experiments.clock import day_of
from experiments.drain.exposures import Sighting, record_exposures
from experiments.intake.importing import EventRecord, import_events
from experiments.models import Experiment, Site

BEFORE_END = timedelta(hours=1)  # when an outcome counts as seen: a file tells no time


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """What became of rows: units met, events stored, and events that were known before."""

    units: int = 0
    stored: int = 0
    known: int = 0

    def __add__(self, other: "OutcomeCount") -> "OutcomeCount":
        """Return the sum of two counts."""
        return OutcomeCount(
            self.units + other.units, self.stored + other.stored, self.known + other.known
        )


OutcomeImport = Imported[OutcomeCount]


def import_outcomes(
    path: Path,
    columns: Columns,
    *,
    site: Site,
    setup: Setup,
    rejects: Path,
    progress: Callable[[int], None] = lambda _rows: None,
) -> OutcomeImport:
    """Import a file as an ended experiment; return what became of its rows.

    Ended in between, it goes on where it was with the next call; the same file again adds nothing.
    Raises SourceError on a file that is not what it was said to be.
    """
    variants = variants_in(path, columns)
    experiment = prepare(site, setup, variants, columns.outcomes)
    store = _Store(site, experiment, setup, columns)
    state = started(site.slug, path, f"{setup}{columns}{rejects}", OutcomeCount())
    rows = read_outcomes(path, columns, variants, site.currency)
    done = import_rows(rows, state, rejects=rejects, store=store, progress=progress)
    conclude(experiment, setup)
    return done


class _Store:
    """Writes a batch of rows: exposures at the start, outcomes shortly before the end."""

    def __init__(self, site: Site, experiment: Experiment, setup: Setup, columns: Columns) -> None:
        self._site, self._experiment, self._setup = site, experiment, setup
        self._kinds: Mapping[str, str] = columns.outcomes
        self._variants = dict(experiment.variants.values_list("name", "pk"))
        self._day = day_of(setup.started_at, site.timezone)

    def __call__(self, rows: Sequence[OutcomeRow]) -> OutcomeCount:
        with transaction.atomic():
            record_exposures([self._sighting(row) for row in rows])
        events = [event for row in rows for event in self._events(row)]
        count = import_events(site=self._site, events=events, batch=BATCH)
        return OutcomeCount(len(rows), count.stored, count.known)

    def _sighting(self, row: OutcomeRow) -> Sighting:
        return Sighting(
            experiment_id=self._experiment.pk,
            phase=self._experiment.phase,
            unit_id=row.unit_id,
            unit_type="",
            variant_id=self._variants[row.variant],
            at=self._setup.started_at,
            day=self._day,
            attributes=dict(row.attributes),
        )

    def _events(self, row: OutcomeRow) -> Iterator[EventRecord]:
        """Yield one event for each outcome that is not nothing, with an id of its own for ever."""
        for column, value in row.outcomes.items():
            if value:
                kind = self._kinds[column]
                name = f"{self._site.slug}\n{self._setup.key}\n{row.unit_id}\n{column}"
                yield EventRecord(
                    event_id=uuid5(NAMESPACE, name),
                    type=event_type(self._setup.key, column),
                    occurred_at=self._setup.ended_at - BEFORE_END,
                    visitor_id=row.unit_id,
                    quantity=value if kind == "count" else None,
                    amount=value if kind == "money" else None,
                )
