"""Refunds find the purchase of their order: what they took back stands on its row.

So it counts in the unit and the window in which the order was bought, whoever reports the refund
and however late. A refund without an order id counts by itself, where it happened.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from experiments.drain.linked import chunks
from experiments.drain.rows import EventRow
from experiments.models import Event
from experiments.registries import TouchedEvent

log = logging.getLogger(__name__)

PURCHASE, REFUND = "purchase", "refund"
# No event is older than seven days when it comes, nor ahead of us: a refund dated further before
# the purchase that it names is of another one. So a purchase looks for refunds in few partitions.
DAYS_BEFORE = 8
WRITE = """
UPDATE experiments_event SET refunded = %s, refunded_quantity = %s WHERE id = %s AND day = %s
"""


class Deal(NamedTuple):
    """A purchase or a refund of an order, as far as they find each other by it."""

    site_id: int
    order_id: str
    type: str
    ts_us: int
    event_id: UUID
    pk: int
    day: str
    amount: int | None
    quantity: int | None
    refunded: int
    refunded_quantity: int
    visitor_id: str
    account_id: str
    session_id: str

    @property
    def taken_back(self) -> tuple[int, int]:
        """Return what stands on it: minor units and pieces."""
        return self.refunded, self.refunded_quantity

    @property
    def touched(self) -> TouchedEvent:
        """Return it as `Touched` tells of it."""
        ids = (self.visitor_id, self.account_id, self.session_id)
        return self.site_id, self.type, *ids, self.ts_us


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders of a site that a pass brought: bought, with its earliest day, or refunded."""

    bought: dict[str, str] = field(default_factory=dict)
    refunded: set[str] = field(default_factory=set)


def match_orders(events: Iterable[EventRow | Event]) -> frozenset[TouchedEvent]:
    """Bring what refunds took back up to date for the orders of these stored events.

    All refunds of an order stand on its earliest purchase, even where they come to more than it;
    that is told in the log. Returns the purchases that changed. The caller holds the tail lock.
    """
    touched: set[TouchedEvent] = set()
    for site_id, orders in _orders(events).items():
        wanted = orders.refunded | _refunded_before(site_id, orders.bought)
        for chunk in chunks(sorted(wanted)):
            touched |= _match(site_id, chunk)
    return frozenset(touched)


def _orders(events: Iterable[EventRow | Event]) -> dict[int, Orders]:
    out: dict[int, Orders] = {}
    for event in events:
        if not event.order_id or event.type not in {PURCHASE, REFUND}:
            continue
        orders = out.setdefault(event.site_id, Orders())
        if event.type == REFUND:
            orders.refunded.add(event.order_id)
        else:
            known = orders.bought.get(event.order_id, event.day)
            orders.bought[event.order_id] = min(known, event.day)
    return out


def _refunded_before(site_id: int, bought: dict[str, str]) -> set[str]:
    """Return the orders of new purchases that have refunds already."""
    found: set[str] = set()
    for chunk in chunks(sorted(bought, key=bought.__getitem__)):
        rows = Event.objects.filter(
            site_id=site_id,
            order_id__among=chunk,
            type=REFUND,
            day__gte=_days_before(bought[chunk[0]]),
        ).exclude(order_id="")  # is what the index is about
        found.update(rows.values_list("order_id", flat=True))
    return found


def _match(site_id: int, order_ids: Sequence[str]) -> set[TouchedEvent]:
    """Write what stands on the purchases of these orders; return those that changed."""
    rows = Event.objects.filter(
        site_id=site_id, order_id__among=order_ids, type__in=(PURCHASE, REFUND)
    ).exclude(order_id="")
    by_order: dict[str, list[Deal]] = {}
    for row in rows.values_list(*Deal._fields):
        deal = Deal(*row)
        by_order.setdefault(deal.order_id, []).append(deal)
    changed = [change for deals in by_order.values() for change in _changes(deals)]
    if changed:
        with connection.cursor() as cursor:
            cursor.executemany(WRITE, [(*sums, deal.pk, deal.day) for deal, sums in changed])
    return {deal.touched for deal, _sums in changed}


def _changes(deals: Sequence[Deal]) -> Iterator[tuple[Deal, tuple[int, int]]]:
    """Yield the purchases of an order on which something else should stand, and what."""
    bought = sorted((d for d in deals if d.type == PURCHASE), key=lambda d: (d.ts_us, d.event_id))
    for place, deal in enumerate(bought):
        sums = _taken_back(deal, deals) if place == 0 else (0, 0)
        if sums != deal.taken_back:
            _tell(deal, sums[0])
            yield deal, sums


def _taken_back(purchase: Deal, deals: Sequence[Deal]) -> tuple[int, int]:
    first_day = _days_before(purchase.day)
    refunds = [deal for deal in deals if deal.type == REFUND and deal.day >= first_day]
    return sum(d.amount or 0 for d in refunds), sum(d.quantity or 0 for d in refunds)


def _tell(purchase: Deal, refunded: int) -> None:
    """Tell of refunds beyond what was paid: a mistake of the shop's, or a forged refund."""
    if refunded > (purchase.amount or 0):
        log.warning(
            "order refunded beyond its amount site=%d event=%s paid=%s refunded=%d",
            purchase.site_id,
            purchase.event_id,
            purchase.amount,
            refunded,
        )


def _days_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=DAYS_BEFORE)).isoformat()
