"""Two weeks of visitors over HTTP: every visit asks for its list, then tells what came of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.httpclient import ApiClient
from config.simulation.behaviour import NOTHING, behave
from config.simulation.events import Event, events_of, session_of, unit_of
from config.simulation.shop import LIST_LENGTH, Shop
from config.simulation.visits import Visits

PLACEMENT = "home"
THREADS = 4
# Visits that are asked for side by side. Their outcomes are drawn together, in their order, so a
# seed repeats them whatever the threads do.
CHUNK = 400
MAX_EVENTS = 500  # the interface takes no more in one request


@dataclass
class Traffic:
    """What was sent and what came back."""

    calls: int = 0
    lists: int = 0
    fallbacks: int = 0
    events: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


def drive(
    client: ApiClient, shop: Shop, progress: Callable[[int], None] = lambda _count: None
) -> Traffic:
    """Send every visit of the experiment's days through the interface, in time order.

    `progress` is told of visits.
    """
    traffic, rng = Traffic(), shop.rng("traffic")
    visits = shop.plan(rng)
    place = {item_id: index for index, item_id in enumerate(shop.catalogue.item_ids)}
    with ThreadPoolExecutor(THREADS, thread_name_prefix="visitors") as pool:
        for first in range(0, len(visits), CHUNK):
            part = visits.part(first, min(first + CHUNK, len(visits)))
            answers = list(pool.map(lambda i, p=part: _ask(client, shop, p, i), range(len(part))))
            events = _lived(shop, part, answers, place, rng)
            for batch in _batches(list(events)):
                _tell(client, batch, traffic)
            traffic.lists += len(answers)
            traffic.calls += len(answers)
            traffic.fallbacks += sum(answer["fallback"] is not None for answer in answers)
            progress(len(part))
    return traffic


def _ask(client: ApiClient, shop: Shop, visits: Visits, index: int) -> Any:
    """Return the list that one visit is shown."""
    visitors, visitor = shop.visitors, int(visits.visitor[index])
    body = {
        "unit": unit_of(visitors, visitor),
        "placement": PLACEMENT,
        "k": LIST_LENGTH,
        "session_id": f"s-{session_of(visits, index)}",
        "context": {
            "device": visitors.devices[visitor],
            "country": visitors.countries[visitor],
            "now": visits.moment(index),
        },
        "attributes": {"new_visitor": bool(visitors.is_new[visitor])},
    }
    return client.post("/api/v1/recommendations", body)


def _lived(
    shop: Shop,
    visits: Visits,
    answers: Sequence[Any],
    place: dict[str, int],
    rng: np.random.Generator,
) -> Iterator[Event]:
    """Return the events of visits that were shown these answers."""
    lists = lists_of(answers, place)
    outcome = behave(lists, visits.visitor, shop.visitors, shop.catalogue, rng)
    request_ids = [answer["request_id"] for answer in answers]
    return events_of(shop.scene, visits, outcome, rng, request_ids=request_ids)


def lists_of(answers: Sequence[Any], place: dict[str, int]) -> NDArray[np.int64]:
    """Return the shown items as indexes, (n, LIST_LENGTH), NOTHING where a list was shorter."""
    lists = np.full((len(answers), LIST_LENGTH), NOTHING, np.int64)
    for row, answer in enumerate(answers):
        for item in answer["items"]:
            lists[row, item["rank"] - 1] = place[item["item_id"]]
    return lists


def _batches(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    for first in range(0, len(events), MAX_EVENTS):
        yield events[first : first + MAX_EVENTS]


def _tell(client: ApiClient, events: Sequence[Event], traffic: Traffic) -> None:
    """Send events at the time of their latest one."""
    now: datetime = max(event["occurred_at"] for event in events)
    receipt = client.post("/api/v1/events", {"events": events, "context": {"now": now}})
    traffic.calls += 1
    traffic.events += receipt["accepted"]
    traffic.rejected.update(refused["code"] for refused in receipt["rejected"])
