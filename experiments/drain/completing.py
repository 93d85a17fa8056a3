"""Which ids an event has: its own, else those of the slate that it quotes, else the linked one.

Worked out anew from the rows each time, so that it does not matter what arrived first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from experiments.assignment.specs import UnitIds
from experiments.drain.linked import Links
from experiments.drain.quoted import Key, QuotedSlate, quoted_slates
from experiments.models import Event
from experiments.registries import TouchedEvent

Borrowed = Event.Borrowed
WRITE = """
UPDATE experiments_event SET visitor_id = %s, account_id = %s, session_id = %s, borrowed = %s
WHERE id = %s AND day = %s
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A stored event with its ids as they are now."""

    pk: int
    day: str
    site_id: int
    type: str
    ts_us: int
    request_id: UUID | None
    borrowed: int
    ids: UnitIds

    @property
    def own(self) -> UnitIds:
        """Return the ids that were sent with it."""
        return own_ids(self.ids, self.borrowed)

    def sent_or_quoted(self, slates: Mapping[Key, QuotedSlate]) -> UnitIds:
        """Return the ids that were sent, and those of the slate that it quotes."""
        slate = slates.get((self.site_id, self.request_id)) if self.request_id else None
        if slate is None:
            return self.own
        quoted = (slate.visitor_id, slate.account_id, slate.session_id)
        pairs = zip(_three(self.own), quoted, strict=True)
        return UnitIds(*(mine or theirs for mine, theirs in pairs))

    @property
    def touched(self) -> TouchedEvent:
        """Return the event as `Touched` tells of it."""
        return (self.site_id, self.type, *_three(self.ids), self.ts_us)


def found_in(events: QuerySet[Event]) -> list[Found]:
    """Return the events of a query."""
    rows = events.only(
        *("pk", "day", "site_id", "type", "ts_us", "request_id", "borrowed"),
        *("visitor_id", "account_id", "session_id"),
    )
    return [_found(row) for row in rows]


def _found(row: Event) -> Found:
    ids = UnitIds(row.visitor_id, row.account_id, row.session_id)
    place = (row.pk, row.day, row.site_id, row.type, row.ts_us)
    return Found(*place, row.request_id, row.borrowed, ids)


def complete(events: Iterable[Found]) -> frozenset[TouchedEvent]:
    """Give events the ids that they lack or borrowed; return what changed, as before and as after.

    The caller holds the tail lock.
    """
    wanted = {event.pk: event for event in events}
    slates = quoted_slates((e.site_id, e.request_id) for e in wanted.values() if e.request_id)
    sent = {pk: event.sent_or_quoted(slates) for pk, event in wanted.items()}
    links = Links.of((wanted[pk].site_id, ids) for pk, ids in sent.items())
    changed: dict[int, Found] = {}
    for pk, event in wanted.items():
        ids = links.completed(event.site_id, sent[pk], event.ts_us)
        if ids != event.ids:
            changed[pk] = replace(event, ids=ids, borrowed=borrowed_bits(event.own, ids))
    _write(list(changed.values()))
    return frozenset(each.touched for pk, after in changed.items() for each in (wanted[pk], after))


def own_ids(ids: UnitIds, borrowed: int) -> UnitIds:
    """Return the ids without those that were not sent with the event."""
    if not borrowed:
        return ids
    pairs = zip(Borrowed, _three(ids), strict=True)
    return UnitIds(*("" if borrowed & bit else each for bit, each in pairs))


def borrowed_bits(own: UnitIds, ids: UnitIds) -> int:
    """Return which ids were not sent, as `Event.borrowed` keeps it."""
    rows = zip(Borrowed, _three(own), _three(ids), strict=True)
    return sum(bit for bit, mine, found in rows if found and not mine)


def _three(ids: UnitIds) -> tuple[str, str, str]:
    return ids.visitor_id, ids.account_id, ids.session_id


def _write(events: Sequence[Found]) -> None:
    if not events:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            WRITE, [(*_three(each.ids), each.borrowed, each.pk, each.day) for each in events]
        )
