"""What a replayed visit sends: the question for a list, clicks on hits, the real events. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5

from config.replay.visits import Deed, Visit

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShownList:
    """A list that the service answered with."""

    request_id: str
    ranks: Mapping[str, int]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "ShownList":
        """Return the list of an answer of `POST /api/v1/recommendations`."""
        return cls(
            answer["request_id"], {item["item_id"]: item["rank"] for item in answer["items"]}
        )


def request_of(visit: Visit, *, placement: str, k: int) -> Document:
    """Return the question for a list at the beginning of a visit."""
    first = visit.deeds[0]
    body: Document = {
        "unit": _unit(first),
        "placement": placement,
        "k": k,
        "context": {"now": _iso(visit.at)},
        "attributes": first.attributes,
    }
    return body | ({"session_id": first.session_id} if first.session_id else {})


def events_of(
    visit: Visit, shown: ShownList | None, *, currency: str, click: str
) -> tuple[list[Document], list[str]]:
    """Return a visit's events in time order, and the items of the list that were hit.

    `click`: the type of deed (purchase, view_item) that shows what the visitor wanted. The first
    such deed with an item of the list is preceded by a click on it; every such deed quotes the
    list. All other events are sent as they were.
    """
    events: list[Document] = []
    hits: list[str] = []
    for deed in visit.deeds:
        event = event_of(deed, currency=currency)
        met = [i for i in deed.item_ids if shown and i in shown.ranks and deed.type == click]
        if shown and met:
            events += [_click(deed, shown, i) for i in dict.fromkeys(met) if i not in hits]
            hits += [item_id for item_id in dict.fromkeys(met) if item_id not in hits]
            event |= {"request_id": shown.request_id, "rank": shown.ranks[met[0]]}
        events.append(event)
    return events, hits


def _click(deed: Deed, shown: ShownList, item_id: str) -> Document:
    return {
        "event_id": str(uuid5(deed.event_id, f"select_item:{item_id}")),
        "type": "select_item",
        "occurred_at": _iso(deed.at),
        "unit": _unit(deed),
        "request_id": shown.request_id,
        "item_id": item_id,
        "rank": shown.ranks[item_id],
    }


def event_of(deed: Deed, *, currency: str) -> Document:
    """Return the deed as the event that a storefront would have sent, its id kept."""
    optional: Document = {
        "session_id": deed.session_id,
        "order_id": deed.order_id,
        "item_id": deed.item_id,
        "items": list(deed.items),
        "quantity": deed.quantity,
        "value": None if deed.amount is None else {"amount": deed.amount, "currency": currency},
        "attributes": deed.attributes,
        "properties": deed.properties,
    }
    return {
        "event_id": str(deed.event_id),
        "type": deed.type,
        "occurred_at": _iso(deed.at),
        "unit": _unit(deed),
        **{name: value for name, value in optional.items() if value not in (None, "", [], {})},
    }


def _unit(deed: Deed) -> Document:
    ids = {"visitor_id": deed.visitor_id, "account_id": deed.account_id}
    return {name: value for name, value in ids.items() if value}


def _iso(moment: datetime) -> str:
    return moment.isoformat()
