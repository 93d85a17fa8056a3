"""What is sent: a shop's events, drawn from a seed, with ids in the order of time (UUIDv7).

60 % product views, 20 % clicks on a list that was served, 12 % additions to the cart, 8 % purchases
with a value and an order id, of 100 000 visitors of whom one in five is signed in. Each twentieth
document is sent again as it was.
"""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

VISITORS = 100_000
BATCH = 100
REPEATED = 20  # one document in so many comes again
TYPES = ("view_item", "select_item", "add_to_cart", "purchase")
WEIGHTS = (60, 20, 12, 8)
STEP_US = 50


@dataclass(frozen=True)
class Mix:
    """Documents of events, each as a storefront sends it, and how many events are in all."""

    documents: list[list[bytes]]

    @property
    def sent(self) -> int:
        """Return how many events are sent, repeats among them."""
        return sum(map(len, self.documents))


def mixed(events: int, *, seed: int, now: datetime, lists: Sequence[uuid.UUID] = ()) -> Mix:
    """Return documents of `events` events in all; `lists`: the requests that clicks quote."""
    rng = random.Random(seed)
    documents: list[list[bytes]] = []
    moments = _moments(now, events)
    while len(documents) * BATCH < events:
        if documents and rng.randrange(REPEATED) == 0:
            documents.append(rng.choice(documents[-50:]))
            continue
        documents.append([_event(rng, next(moments), lists) for _ in range(BATCH)])
    return Mix(documents)


def uuid7(moment: datetime, rng: random.Random) -> uuid.UUID:
    """Return an id of version 7: milliseconds, then chance."""
    ms = int(moment.timestamp() * 1000)
    bits = ms << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62)
    return uuid.UUID(int=bits)


def _moments(now: datetime, events: int) -> Iterator[datetime]:
    start = now - timedelta(microseconds=STEP_US * events)
    for number in range(events):
        yield start + timedelta(microseconds=STEP_US * number)


def _event(rng: random.Random, moment: datetime, lists: Sequence[uuid.UUID]) -> bytes:
    kind = rng.choices(TYPES, WEIGHTS)[0]
    visitor = rng.randrange(VISITORS)
    unit = {"visitor_id": f"v-{visitor}"}
    if visitor % 5 == 0:
        unit["account_id"] = f"a-{visitor}"
    event: dict[str, Any] = {
        "event_id": str(uuid7(moment, rng)),
        "type": kind,
        "occurred_at": moment.astimezone(UTC).isoformat(),
        "unit": unit,
        "session_id": f"s-{visitor}-{rng.randrange(4)}",
        "item_id": f"sku-{rng.randrange(20_000)}",
        "properties": {"page": "home", "position": rng.randrange(40)},
    }
    if kind == "select_item" and lists:
        event |= {"request_id": str(rng.choice(lists)), "rank": 1 + rng.randrange(10)}
    if kind == "purchase":
        value = {"amount": 100 + rng.randrange(20_000), "currency": "EUR"}
        event |= {"value": value, "order_id": f"o-{rng.getrandbits(48)}"}
    return msgspec.json.encode(event)
