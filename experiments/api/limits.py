"""A token bucket per key and process: a runaway client is slowed, its neighbours are not."""

import threading
import time
from dataclasses import dataclass

from django.conf import settings

from experiments.api.problems import Problem
from experiments.api.shedding import jittered

BURST_S = 2.0  # a key may spend two seconds' worth at once
LONGEST_S = 60.0  # that a refused client is told to stay away
MOST_BUCKETS = 10_000  # kept at once; a bucket that was full again is no loss
_lock = threading.Lock()


@dataclass(slots=True)
class Bucket:
    """What a key may still spend, what it was refused, both in requests, and since when."""

    tokens: float
    refused: float
    seen: float


_buckets: dict[str, Bucket] = {}


def spend(key_digest: str, cost: float = 1.0) -> None:
    """Take `cost` requests from the key's bucket; raises Problem 429 when it is empty.

    Retry-After is drawn between 1 s and the time in which the key's whole excess could have been
    served, 60 s at most: the further it is over, the longer it stays away, and never all at once.
    """
    wait_s = take(key_digest, cost, rate=float(settings.RATE_LIMIT_PER_KEY))
    if wait_s is None:
        return
    raise Problem(
        429,
        "rate_limited",
        f"this key sends more than {settings.RATE_LIMIT_PER_KEY} requests a second",
        hint="Send events in batches of up to 500, and wait as long as Retry-After says.",
        headers={"Retry-After": str(jittered(wait_s))},
    )


def take(holder: str, cost: float, *, rate: float) -> float | None:
    """Take `cost` requests from a holder's bucket; return None, or how long to stay away, in s.

    `rate`: how many requests a second fill the bucket.
    """
    with _lock:
        bucket = _filled(holder, rate, time.monotonic())
        if bucket.tokens >= cost:
            bucket.tokens -= cost
            return None
        bucket.refused = min(bucket.refused + cost, rate * LONGEST_S)
        return min(1 + bucket.refused / rate, LONGEST_S)


def _filled(key_digest: str, rate: float, now: float) -> Bucket:
    """Return the key's bucket as it is now; `_lock` is held."""
    bucket = _buckets.get(key_digest)
    if bucket is None:
        if len(_buckets) >= MOST_BUCKETS:
            _forget_idle(now)
        bucket = _buckets[key_digest] = Bucket(rate * BURST_S, 0.0, now)
    gained = (now - bucket.seen) * rate
    bucket.tokens = min(rate * BURST_S, bucket.tokens + gained)
    bucket.refused = max(0.0, bucket.refused - gained)
    bucket.seen = now
    return bucket


def _forget_idle(now: float) -> None:
    """Drop buckets that are full again and owe nothing; of others the half seen longest ago."""
    for digest in [each for each, held in _buckets.items() if now - held.seen > LONGEST_S]:
        del _buckets[digest]
    if len(_buckets) >= MOST_BUCKETS:
        oldest = sorted(_buckets, key=lambda each: _buckets[each].seen)
        for digest in oldest[: len(oldest) // 2]:
            del _buckets[digest]
