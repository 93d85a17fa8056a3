"""Links between visitors and accounts: kept from what shows both, and what they tell of events.

What decides is when the two were first seen together, never when we heard of it: a link that
arrives late, or turns out to be older, changes the events after it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q

from experiments.clock import EPOCH, MICROSECOND
from experiments.drain.completing import Found, complete, found_in
from experiments.drain.linked import chunks, links_of
from experiments.drain.rows import EventRow
from experiments.drain.storing import store_rows
from experiments.models import Event, Slate, UnitLink
from experiments.registries import TouchedEvent

Pair = tuple[str, str]
BOTH = Event.Borrowed.VISITOR | Event.Borrowed.ACCOUNT
LINK_COLUMNS = ("site_id", "visitor_id", "account_id", "first_us")
A_DAY = timedelta(days=1)  # more than any zone is away from UTC


@dataclass(frozen=True, slots=True)
class Seen:
    """What a pass saw of one site's units.

    `pairs`: the earliest moment of a visitor and an account seen together. `visitors`, `accounts`:
    the earliest event that has this id of the two only.
    """

    pairs: dict[Pair, int] = field(default_factory=dict)
    visitors: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)

    def note(self, visitor: str, account: str, ts_us: int) -> None:
        """Take in the ids of an event."""
        if visitor and account:
            _earlier(self.pairs, (visitor, account), ts_us)
        elif visitor:
            _earlier(self.visitors, visitor, ts_us)
        elif account:
            _earlier(self.accounts, account, ts_us)


def link_units(
    slates: Iterable[Slate], events: Iterable[EventRow | Event]
) -> frozenset[TouchedEvent]:
    """Keep who was seen as whom in these stored rows, and complete the events that it tells of.

    Return the events that changed, as before and as after. The caller holds the tail lock.
    """
    changed: frozenset[TouchedEvent] = frozenset()
    for site_id, seen in _seen(slates, events).items():
        changed |= complete(_of_links(site_id, seen))
    return changed


def _seen(slates: Iterable[Slate], events: Iterable[EventRow | Event]) -> dict[int, Seen]:
    out: defaultdict[int, Seen] = defaultdict(Seen)
    for slate in slates:
        if slate.visitor_id and slate.account_id:
            out[slate.site_id].note(slate.visitor_id, slate.account_id, slate.ts_us)
    for event in events:
        if event.borrowed & BOTH and event.visitor_id and event.account_id:
            continue  # one of the two is known by the other, or by a slate that says nothing new
        out[event.site_id].note(event.visitor_id, event.account_id, event.ts_us)
    return out


def _of_links(site_id: int, seen: Seen) -> list[Found]:
    """Return the events that the site's links may tell of, and keep the links that are new."""
    if not seen.pairs and not UnitLink.objects.filter(site_id=site_id).exists():
        return []
    visitors = {*seen.visitors, *(visitor for visitor, _account in seen.pairs)}
    known = links_of(site_id, visitors, seen.accounts)
    news = _keep(site_id, seen.pairs, {(k.visitor_id, k.account_id): k for k in known})
    linked_visitors = {link.visitor_id for link in known}
    linked_accounts = {link.account_id for link in known}
    since_visitor = {v: us for v, us in seen.visitors.items() if v in linked_visitors}
    since_account = {a: us for a, us in seen.accounts.items() if a in linked_accounts}
    for (visitor, account), first_us in news.items():
        _earlier(since_visitor, visitor, first_us)
        _earlier(since_account, account, first_us)
    return [
        *_lacking(site_id, "visitor_id", since_visitor, Q(account_id="")),
        *_lacking(site_id, "account_id", since_account, Q(visitor_id="")),
    ]


def _keep(site_id: int, pairs: dict[Pair, int], known: dict[Pair, UnitLink]) -> dict[Pair, int]:
    """Store the pairs that are new or older than was known; return these."""
    news = {
        pair: first_us
        for pair, first_us in sorted(pairs.items())
        if pair not in known or first_us < known[pair].first_us
    }
    new = [(site_id, *pair, first_us) for pair, first_us in news.items() if pair not in known]
    if new:
        store_rows("experiments_unitlink", LINK_COLUMNS, new)
    for pair in news.keys() & known.keys():
        UnitLink.objects.filter(pk=known[pair].pk).update(first_us=news[pair])
    return news


def _lacking(site_id: int, column: str, since: dict[str, int], lacks: Q) -> list[Found]:
    """Return the events of ids, each since its moment, that lack or have borrowed another id."""
    found: list[Found] = []
    # Neighbours in time share a query, so that one long history does not widen all of them.
    for chunk in chunks(sorted(since, key=since.__getitem__)):
        first_us = since[chunk[0]]
        rows = Event.objects.filter(
            lacks | Q(borrowed__gt=0),
            site_id=site_id,
            ts_us__gte=first_us,
            day__gte=_day_before(first_us),
            **{f"{column}__among": chunk},
        ).exclude(**{column: ""})  # is what the index is about
        found += [each for each in found_in(rows) if each.ts_us >= since[getattr(each.ids, column)]]
    return found


def _day_before(ts_us: int) -> str:
    """Return a day that no event from this moment on is before, whatever its zone."""
    moment = EPOCH + ts_us * MICROSECOND - A_DAY
    return moment.date().isoformat()


def _earlier(moments: dict[Any, int], key: Any, ts_us: int) -> None:
    moments[key] = min(ts_us, moments.get(key, ts_us))
