"""What an erasure removes, table by table; each in short transactions, each safe to repeat."""

from collections import Counter
from collections.abc import Callable, Iterator

from django.db import transaction
from django.db.models import Min, QuerySet

from experiments.drain.lock import hold_tail_lock
from experiments.models import Event, Slate
from experiments.registries import APPLIERS, ERASERS, Touched
from experiments.subjects.subject import (
    Subject,
    duplicates_of,
    events_of,
    exposures_of,
    flags_of,
    links_of,
    overrides_of,
    sessions_of,
    slates_of,
)

CHUNK = 1_000  # slates in one transaction
Removed = Counter[str]


def erase_units(subject: Subject) -> Removed:
    """Remove what is kept of the unit and of its sessions beside their events.

    Before the events: they say which sessions were the unit's.
    """
    removed = _erase_unit(subject)
    for session in sessions_of(subject):
        removed += _erase_unit(session)
        removed += _erase_strays(session)
    return removed


def _erase_unit(subject: Subject) -> Removed:
    removed: Removed = Counter()
    for name, rows in _tables(subject):
        removed[name] += rows.delete()[0]
    for erase in ERASERS:
        removed.update(erase(subject.site.pk, subject.unit_type, subject.unit_id))
    return +removed


def _tables(subject: Subject) -> "Iterator[tuple[str, QuerySet]]":
    yield "exposures", exposures_of(subject)
    yield "flags", flags_of(subject)
    yield "links", links_of(subject)
    yield "duplicates", duplicates_of(subject)
    yield "overrides", overrides_of(subject)


def _erase_strays(session: Subject) -> Removed:
    """Remove rows of a session that carry no other id: they are the same person's."""
    nobody = {"visitor_id": "", "account_id": ""}
    return Counter(
        events=_erase_events(events_of(session).filter(**nobody)),
        slates=_erase_slates(slates_of(session).filter(**nobody)),
    )


def erase_rows(subject: Subject) -> Removed:
    """Remove the unit's events and the lists that it was served.

    Whatever else is known of the other ids on these rows, such as an account's sums, is brought up
    to date in the same transaction.
    """
    return Counter(
        events=_erase_events(events_of(subject)), slates=_erase_slates(slates_of(subject))
    )


def _erase_events(rows: "QuerySet[Event]") -> int:
    """Remove events day by day, so that each statement reads one part of the split table."""
    days = rows.order_by().values_list("day", flat=True).distinct()
    return sum(_erase_day(rows.filter(day=day)) for day in sorted(days))


@transaction.atomic
def _erase_day(rows: "QuerySet[Event]") -> int:
    hold_tail_lock()
    told = ("site_id", "type", "visitor_id", "account_id", "session_id")
    touched = frozenset(rows.order_by().values_list(*told).annotate(first_us=Min("ts_us")))
    removed = rows.delete()[0]
    _tell(Touched(events=touched))
    return removed


def _erase_slates(rows: "QuerySet[Slate]") -> int:
    return sum(iter(lambda: _erase_some(rows), 0))


@transaction.atomic
def _erase_some(rows: "QuerySet[Slate]") -> int:
    hold_tail_lock()
    some = list(rows.order_by("pk").values_list("pk", "experiment_id", "phase", "unit_id")[:CHUNK])
    removed = Slate.objects.filter(pk__in=[pk for pk, *_unit in some]).delete()[0]
    _tell(
        Touched(
            slates=frozenset(
                (experiment_id, phase or 0, unit_id)
                for _pk, experiment_id, phase, unit_id in some
                if experiment_id is not None
            )
        )
    )
    return removed


def _tell(touched: Touched) -> None:
    if touched != Touched():
        for apply in APPLIERS:
            apply(touched)


Step = Callable[[Subject], Removed]
