"""The scenario of one batch that many threads send at once, many times."""

import random
import threading
import time
from collections.abc import Iterator

from benchmarks._faults.client import Batch, Line, batches_of_purchases
from benchmarks._faults.outcome import Outcome, Plan
from benchmarks._faults.shop import Shop
from benchmarks._faults.verdict import judge

THREADS = 32
PAUSE_S = 0.2


def repeat_one_batch(shop: Shop, plan: Plan) -> Outcome:
    """Send the same batch `plan.faults` times, each until it is acknowledged."""
    rng = random.Random(plan.seed)
    (batch,) = batches_of_purchases(plan.events, rng, size=plan.events)
    began = time.monotonic()
    turns = iter(range(plan.faults))
    lock = threading.Lock()
    threads = [
        threading.Thread(target=_send, args=(shop, batch, turns, lock)) for _ in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = judge(shop, [batch])
    engine = "SQLite" if shop.is_embedded else "PostgreSQL"
    outcome = Outcome("repeat", engine, plan, verdict, 0, time.monotonic() - began)
    outcome.remark = f"{batch.attempts} times accepted by {THREADS} threads"
    if batch.attempts != plan.faults:
        outcome.failures.append(f"accepted {batch.attempts} times, not {plan.faults}")
    return outcome


def _send(shop: Shop, batch: Batch, turns: Iterator[int], lock: threading.Lock) -> None:
    line = Line(shop.url, shop.secret)
    while True:
        with lock:
            if next(turns, None) is None:
                break
        while line.post("/api/v1/events", batch.body).status != 202:
            time.sleep(PAUSE_S)
        with lock:
            batch.attempts += 1
            batch.is_acknowledged = True
    line.close()
