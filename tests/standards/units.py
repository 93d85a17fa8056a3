"""Random units with random attributes, as lines that every client reads."""

import json
import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from tests.experiments.assignment.random_conditions import random_attributes

Unit = dict[str, Any]
# Ids that experiments of the shop list for a variant.
LISTED = {
    "visitor_id": ["tester-1", "测试-2", "tester '3'"],
    "account_id": ["account-tester"],
}
KINDS = (
    lambda rng, n: f"visitor-{n}",
    lambda rng, n: str(UUID(int=rng.getrandbits(128), version=4)),
    lambda rng, n: f"用户{n}号",
    lambda rng, n: f"👩‍🚀{n}😀",
    lambda rng, n: f"  a name {n} with spaces ",
    lambda rng, n: f"Zoë-{n}é",
    lambda rng, n: f"مستخدم{n}",
    lambda rng, n: str(n),
    lambda rng, n: "".join(chr(rng.randrange(0x20, 0xD7FF)) for _ in range(1 + n % 20)),
    lambda rng, n: f'{n}/"\\\t' + "x" * (n % 200),
)


def random_units(count: int, *, seed: int) -> Iterator[Unit]:
    """Yield units; some lack an id or consent, some are listed for a variant."""
    rng = random.Random(seed)
    for number in range(count):
        yield {
            "ids": dict(_ids(rng, number)),
            "attributes": sendable(random_attributes(rng)),
            "consent": rng.random() > 0.02,
        }


def _ids(rng: random.Random, number: int) -> Iterator[tuple[str, str]]:
    for name, missing in (("visitor_id", 0.03), ("account_id", 0.3), ("session_id", 0.1)):
        if rng.random() < 0.02 and name in LISTED:
            yield name, rng.choice(LISTED[name])
        elif rng.random() >= missing:
            yield name, rng.choice(KINDS)(rng, number)


def sendable(value: Any) -> Any:
    """Return a value without what no request may hold: half characters, numbers beyond 64 bits."""
    if isinstance(value, dict):
        return {key: sendable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [sendable(inner) for inner in value]
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return 2**53 if isinstance(value, int) and abs(value) >= 2**63 else value


def line_of(unit: Unit) -> str:
    """Return a unit as one line of ASCII: some readers end lines at characters beyond it."""
    return json.dumps(unit) + "\n"
