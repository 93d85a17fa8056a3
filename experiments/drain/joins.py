"""Joining events with the slates that they quote, whichever of the two was applied first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from experiments.drain.events import CLICK, AppliedEvents, touched_event
from experiments.drain.quoted import CHUNK, Key, QuotedSlate, mark_clicked, quoted_slates
from experiments.drain.slates import AppliedSlates
from experiments.models import Event
from experiments.registries import TouchedEvent, UnitKey

# An event is at most seven days old when it comes, and a day begins elsewhere in another zone.
DAYS_AROUND = 8
LOADED = ("pk", "site_id", "type", "day", "ts_us", "request_id", "borrowed")
IDS = (
    ("visitor_id", Event.Borrowed.VISITOR),
    ("account_id", Event.Borrowed.ACCOUNT),
    ("session_id", Event.Borrowed.SESSION),
)


@dataclass(frozen=True, slots=True)
class Joined:
    """What joins changed: the units whose slates were clicked, and the events that were completed.

    Of an event only what joins and links look at is loaded; `touched` has each as before and after.
    """

    clicked: frozenset[UnitKey]
    completed: list[Event]
    touched: frozenset[TouchedEvent]


def join_requests(slates: AppliedSlates, events: AppliedEvents) -> Joined:
    """Mark the clicked slates and complete the events that quote one; return what changed.

    The events of this pass have looked for their slates already: of those that found theirs only
    the click is left to be marked. The caller holds the tail lock: two drains side by side, one
    with a slate and one with its click, would each miss what the other has not committed.
    """
    late = quoted_slates((row.site_id, row.request_id) for row in events.unjoined if row.request_id)
    served = quoted_slates((row.site_id, row.request_id) for row in slates.rows)
    days = days_around({row.day for row in slates.rows})
    days |= {row.day for row in events.unjoined}
    clicked, completed, touched = _join(late | served, days)
    return Joined(mark_clicked([*events.clicked, *clicked]), completed, frozenset(touched))


def days_around(days: Iterable[str]) -> set[str]:
    """Return the days on which something may have happened that belongs to slates of these days.

    >>> sorted(days_around({"2026-11-20"}))[::8]
    ['2026-11-12', '2026-11-20', '2026-11-28']
    """
    steps = range(-DAYS_AROUND, DAYS_AROUND + 1)
    return {
        (date.fromisoformat(day) + timedelta(days=step)).isoformat()
        for day in days
        for step in steps
    }


def _join(
    slates: dict[Key, QuotedSlate], days: set[str]
) -> tuple[list[QuotedSlate], list[Event], list[TouchedEvent]]:
    """Return the slates that stored events clicked, and the events that were completed."""
    clicked: list[QuotedSlate] = []
    completed: list[Event] = []
    touched: list[TouchedEvent] = []
    ids = sorted({request_id for _site, request_id in slates})
    for event in _events_of(ids, sorted(days)):
        slate = slates.get((event.site_id, event.request_id)) if event.request_id else None
        if slate is None:
            continue
        if event.type == CLICK:
            clicked.append(slate)
        if changes := _missing(event, slate):
            # By day as well, so that only its own partition is looked into.
            Event.objects.filter(pk=event.pk, day=event.day).update(**changes)
            touched.append(touched_event(event))
            for name, value in changes.items():
                setattr(event, name, value)
            touched.append(touched_event(event))
            completed.append(event)
    return clicked, completed, touched


def _events_of(request_ids: Sequence[UUID], days: Sequence[str]) -> Iterable[Event]:
    """Yield the stored events that quote these requests, as far as joins need them."""
    for start in range(0, len(request_ids), CHUNK):
        yield from Event.objects.filter(
            request_id__among=request_ids[start : start + CHUNK], day__in=days
        ).only(*LOADED, *(name for name, _bit in IDS))


def _missing(event: Event, slate: QuotedSlate) -> dict[str, Any]:
    """Return what the slate knows of the event's unit and the event itself did not say."""
    changes: dict[str, Any] = {}
    borrowed = event.borrowed
    for name, bit in IDS:
        own, quoted = getattr(event, name), getattr(slate, name)
        # What was borrowed elsewhere gives way: the slate is what the event itself names.
        if quoted and own != quoted and (own == "" or borrowed & bit):
            changes[name] = quoted
            borrowed |= bit
    return {**changes, "borrowed": borrowed} if changes else {}
