"""Outcomes as events, in the shape that `POST /api/v1/events` takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from config.simulation.behaviour import NOTHING, Outcome
from config.simulation.catalogue import Catalogue
from config.simulation.visitors import Visitors
from config.simulation.visits import Visits

CURRENCY = "EUR"
CLICK_AFTER_S = 8  # times the rank: people read from the top
VIEW_AFTER_S = 2  # after the click
CART_AFTER_S = 30  # after the view
ORDER_AFTER_S = 150  # after the visit began; all within five minutes of it
ASIDE_AFTER_S = 180  # what happens beside the list

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """Who visits what: needed to put outcomes into words."""

    visitors: Visitors
    catalogue: Catalogue


def events_of(
    scene: Scene,
    visits: Visits,
    outcome: Outcome,
    rng: np.random.Generator,
    *,
    request_ids: Sequence[str] | None = None,
    shows_lists: bool = False,
) -> Iterator[Event]:
    """Yield the events of visits, visit by visit; ids come from `rng`, so a seed repeats them.

    `request_ids`: of the lists; clicks and orders from the list quote them. `shows_lists`: tell of
    each list by a `view_item_list`, as shops do whose lists are not ours.
    """
    has_clicks: NDArray[np.bool_] = np.any(outcome.clicked, axis=1)
    has_aside: NDArray[np.bool_] = outcome.organic_item != NOTHING
    told = np.arange(len(visits)) if shows_lists else np.flatnonzero(has_clicks | has_aside)
    for index in told.tolist():
        visit = _Visit(scene, visits, index, rng, request_ids)
        if shows_lists:
            yield visit.shown(outcome)
        if has_clicks[index]:
            yield from visit.from_list(outcome)
        if has_aside[index]:
            yield from visit.aside(outcome)


class _Visit:
    """One visit: what all of its events have in common."""

    def __init__(
        self,
        scene: Scene,
        visits: Visits,
        index: int,
        rng: np.random.Generator,
        request_ids: Sequence[str] | None,
    ) -> None:
        visitor = int(visits.visitor[index])
        self.catalogue, self.rng, self.index = scene.catalogue, rng, index
        self.began = visits.moment(index)
        self.unit = unit_of(scene.visitors, visitor)
        self.label = session_of(visits, index)
        self.quoted = {"request_id": request_ids[index]} if request_ids else {}

    def shown(self, outcome: Outcome) -> Event:
        items = [{"item_id": self.catalogue.item_ids[i]} for i in outcome.lists[self.index]]
        return self._event("view_item_list", 0, items=items)

    def from_list(self, outcome: Outcome) -> Iterator[Event]:
        places = np.flatnonzero(outcome.clicked[self.index])
        for place in places.tolist():
            item = int(outcome.lists[self.index, place])
            named = {"item_id": self.catalogue.item_ids[item]}
            at = CLICK_AFTER_S * (place + 1)
            yield self._event("select_item", at, **self.quoted, **named, rank=place + 1)
            yield self._event("view_item", at + VIEW_AFTER_S, **self.quoted, **named)
            if outcome.carted[self.index, place]:
                yield self._carted(item, at + VIEW_AFTER_S + CART_AFTER_S, self.quoted)
        pieces = outcome.bought[self.index]
        if pieces.any():
            basket = [(int(outcome.lists[self.index, i]), int(pieces[i])) for i in places]
            yield self._order("list", basket, ORDER_AFTER_S, self.quoted)

    def aside(self, outcome: Outcome) -> Iterator[Event]:
        item = int(outcome.organic_item[self.index])
        yield self._event("view_item", ASIDE_AFTER_S, item_id=self.catalogue.item_ids[item])
        if pieces := int(outcome.organic_bought[self.index]):
            yield self._carted(item, ASIDE_AFTER_S + CART_AFTER_S, {})
            yield self._order("aside", [(item, pieces)], ASIDE_AFTER_S + 2 * CART_AFTER_S, {})

    def _carted(self, item: int, after_s: int, quoted: dict[str, str]) -> Event:
        named = {"item_id": self.catalogue.item_ids[item], "quantity": 1}
        return self._event("add_to_cart", after_s, **quoted, **named)

    def _order(
        self, kind: str, basket: list[tuple[int, int]], after_s: int, quoted: dict[str, str]
    ) -> Event:
        """Return the purchase of these items and pieces; lines without pieces are left out."""
        ids, price = self.catalogue.item_ids, self.catalogue.price
        lines = [
            {"item_id": ids[item], "quantity": pieces, "price": int(price[item])}
            for item, pieces in basket
            if pieces
        ]
        amount = sum(int(price[item]) * pieces for item, pieces in basket)
        return self._event(
            "purchase",
            after_s,
            **quoted,
            order_id=f"o-{self.label}-{kind}",
            items=lines,
            value={"amount": amount, "currency": CURRENCY},
        )

    def _event(self, type_: str, after_s: int, **fields: Any) -> Event:
        return {
            "event_id": str(UUID(bytes=self.rng.bytes(16), version=4)),
            "type": type_,
            "occurred_at": self.began + timedelta(seconds=after_s),
            "unit": self.unit,
            "session_id": f"s-{self.label}",
            **fields,
        }


def unit_of(visitors: Visitors, visitor: int) -> dict[str, str | None]:
    """Return a visitor's ids as the API takes them."""
    return {
        "visitor_id": visitors.visitor_ids[visitor],
        "account_id": visitors.account_ids[visitor] or None,
    }


def session_of(visits: Visits, index: int) -> str:
    """Return what tells a visit from all others: the visitor and the second it began."""
    return f"{visits.visitor[index]:x}-{seconds_of(visits.moment(index)):x}"


def seconds_of(moment: datetime) -> int:
    """Return whole seconds since 1970."""
    return int(moment.timestamp())
