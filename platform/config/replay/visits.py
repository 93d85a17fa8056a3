"""What visitors truly did, grouped into visits. Pure: deeds come in, visits go out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

VISIT_GAP = timedelta(minutes=30)  # a longer silence begins a new visit, as web analytics count
UNASKED = frozenset({"refund"})  # what needs no visit to the shop: no list is asked for it


@dataclass(frozen=True, slots=True)
class Deed:
    """One stored event of the past; `amount` and prices are in minor units."""

    event_id: UUID
    type: str
    at: datetime
    visitor_id: str = ""
    account_id: str = ""
    session_id: str = ""
    order_id: str = ""
    item_id: str = ""
    items: Sequence[dict[str, Any]] = ()
    quantity: int | None = None
    amount: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def unit(self) -> tuple[str, str]:
        """Return visitor and account: who did it."""
        return self.visitor_id, self.account_id

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Return the items that it was about, in order."""
        lines = tuple(str(line["item_id"]) for line in self.items)
        return lines or ((self.item_id,) if self.item_id else ())


@dataclass(slots=True)
class Visit:
    """The deeds of one visitor in one session, one order, or one stretch without a long silence."""

    deeds: list[Deed]

    @property
    def at(self) -> datetime:
        """Return when it began."""
        return self.deeds[0].at

    @property
    def asks(self) -> bool:
        """Return whether the visitor was in the shop and is shown a list."""
        return any(deed.type not in UNASKED for deed in self.deeds)


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits in the order of their beginnings, and the deeds that are no visitor's, by reason."""

    visits: tuple[Visit, ...]
    left_out: dict[str, int]


def group_visits(deeds: Iterable[Deed]) -> Visits:
    """Return the visits of deeds that come in time order.

    A session id makes a visit, else an order id, else a visitor without half an hour's silence.
    What nobody did (corrections of the stock), and purchases and refunds without an amount, which
    the interface does not take, are left out and counted.
    """
    open_visits: dict[tuple[str, ...], Visit] = {}
    visits: list[Visit] = []
    left_out: Counter[str] = Counter()
    for deed in deeds:
        if reason := _unfit(deed):
            left_out[reason] += 1
            continue
        key = _key(deed)
        visit = open_visits.get(key)
        if visit is None or (key[0] == "" and deed.at - visit.deeds[-1].at > VISIT_GAP):
            visit = open_visits[key] = Visit([])
            visits.append(visit)
        visit.deeds.append(deed)
    return Visits(tuple(visits), dict(left_out))


def _unfit(deed: Deed) -> str:
    if not any(deed.unit):
        return f"{deed.type} without a visitor"
    if deed.type in {"purchase", "refund"} and deed.amount is None:
        return f"{deed.type} without an amount"
    return ""


def _key(deed: Deed) -> tuple[str, ...]:
    if deed.session_id:
        return "session", deed.session_id, *deed.unit
    if deed.order_id:
        return "order", deed.order_id, *deed.unit
    return "", *deed.unit


def shares(visits: Sequence[Visit], count: int) -> list[list[Visit]]:
    """Return the visits in `count` parts; one visitor's stay together and in order."""
    parts: list[list[Visit]] = [[] for _ in range(count)]
    homes: dict[tuple[str, str], int] = {}
    for visit in visits:
        home = homes.setdefault(visit.deeds[0].unit, len(homes) % count)
        parts[home].append(visit)
    return parts
