"""Bringing a source into a site: events, then items, then what was left out."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from config.importing.records import Figures, RejectedRow, Source
from config.importing.rejects import RejectsFile
from experiments.intake.importing import EventRecord, ImportCount, import_events
from experiments.models import Site
from recommenders.catalogue import ItemRecord, UpsertCount, upsert_items

T = TypeVar("T", EventRecord, ItemRecord)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a source: rows by event type, rejected rows by reason, and what is new."""

    figures: Figures
    kinds: dict[str, int]
    rejected: dict[str, int]
    events: ImportCount
    items: UpsertCount
    seconds: float


def import_source(
    source: Source,
    *,
    site: Site,
    rejects: RejectsFile,
    progress: Callable[[int], None] | None = None,
) -> ImportResult:
    """Store a source's events and items; importing the same one again stores no event twice.

    Raises SourceError when the file is not what it was said to be.
    """
    began = time.perf_counter()
    kinds: Counter[str] = Counter()
    events = import_events(
        site=site,
        events=_counted(_accepted(source.events(currency=site.currency), rejects), kinds),
        progress=progress,
    )
    items = upsert_items(site=site, items=_accepted(source.items(), rejects))
    return ImportResult(
        figures=source.figures(),
        kinds=dict(kinds.most_common()),
        rejected=dict(rejects.reasons.most_common()),
        events=events,
        items=items,
        seconds=time.perf_counter() - began,
    )


def _accepted(rows: Iterable[T | RejectedRow], rejects: RejectsFile) -> Iterator[T]:
    for row in rows:
        if isinstance(row, RejectedRow):
            rejects.add(row)
        else:
            yield row


def _counted(events: Iterator[EventRecord], kinds: Counter[str]) -> Iterator[EventRecord]:
    for event in events:
        kinds[event.type] += 1
        yield event
