"""A token bucket per key and process: a runaway client is slowed, its neighbours are not."""

import random
import threading
import time

from django.conf import settings

from experiments.api.problems import Problem

_lock = threading.Lock()
_buckets: dict[str, tuple[float, float]] = {}
BURST_S = 2.0  # a key may spend two seconds' worth at once


def spend(key_digest: str, cost: float = 1.0) -> None:
    """Take `cost` requests from the key's bucket; raises Problem 429 when it is empty."""
    rate = float(settings.RATE_LIMIT_PER_KEY)
    now = time.monotonic()
    with _lock:
        tokens, seen = _buckets.get(key_digest, (rate * BURST_S, now))
        tokens = min(rate * BURST_S, tokens + (now - seen) * rate)
        enough = tokens >= cost
        _buckets[key_digest] = (tokens - cost if enough else tokens, now)
    if not enough:
        # Jittered, so that refused clients do not come back together.
        wait = max(1, round(random.uniform(1, 5)))  # noqa: S311 - spreads load, hides nothing
        raise Problem(
            429,
            "rate_limited",
            f"this key sends more than {settings.RATE_LIMIT_PER_KEY} requests a second",
            headers={"Retry-After": str(wait)},
        )
