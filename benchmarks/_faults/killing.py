"""Scenarios that kill a part of the installation while a client sends."""

import contextlib
import random
import time
from collections.abc import Callable, Sequence
from functools import partial

import redis

from benchmarks._faults.client import Batch, Client, batches_of_purchases
from benchmarks._faults.outcome import Outcome, Plan
from benchmarks._faults.shop import Shop, wait_until
from benchmarks._faults.verdict import judge
from benchmarks._faults.watching import Watch, await_open, watching

SEEN_S = 180.0  # a worker that was killed is back, and sees work, well within, however slow
AGAIN_S = 3.0  # until its next transaction opens
EVENT_S = 30e-6  # an event's part of a transaction, at the least: kills are spread over that long
TRIES = 4
MANY = 10  # kills of which half must find a transaction open; of a few, chance decides
PROGRESS_S = 120.0
RECOVERED_S = 10.0
WEB_BATCH = 50
GIVES_UP = 0.5
IN_VAIN = "Couldn't ack"  # as Celery logs it
APPLIED = "SELECT COUNT(*) FROM experiments_event"
HOLD = "LOCK TABLE experiments_event IN ACCESS EXCLUSIVE MODE"
IS_HELD = """
SELECT EXISTS (
    SELECT 1 FROM pg_locks JOIN pg_class ON pg_class.oid = pg_locks.relation
    WHERE relname = 'experiments_event' AND NOT granted
)
"""


def kill_workers(shop: Shop, plan: Plan) -> Outcome:
    """Kill the worker's group again and again while its transaction is open."""
    rng = random.Random(plan.seed)
    batches = batches_of_purchases(plan.events, rng)
    with watching(shop) as watch:
        began = time.monotonic()
        client = _client(shop, batches, plan)
        inside, share = 0, len(batches) // (plan.faults + 1)
        client.allow(share)
        for _ in range(plan.faults):
            inside += _kill_inside(shop, watch, rng, spread_s=EVENT_S * plan.events / plan.faults)
            client.allow(share)  # while no worker lives, so that the next one finds a pile
            shop.restart("events")
        client.join()
    outcome = _outcome("worker", shop, plan, batches, began)
    outcome.remark = f"{inside} of {plan.faults} kills found an open transaction"
    if plan.faults >= MANY and 2 * inside < plan.faults:
        outcome.failures.append("most kills missed the drain's transaction")
    return outcome


def _kill_inside(shop: Shop, watch: Watch, rng: random.Random, *, spread_s: float) -> bool:
    """Kill the worker at a random instant of its work; return if a transaction was open."""
    await_open(watch, SEEN_S)
    time.sleep(rng.uniform(0, spread_s))
    for _ in range(TRIES):
        if watch.is_open():
            break
        await_open(watch, AGAIN_S)
        time.sleep(rng.uniform(0, spread_s / 10))
    was_open = watch.is_open()
    shop.parts["events"].kill()
    return was_open


def kill_postgresql(shop: Shop, plan: Plan) -> Outcome:
    """Kill every process of PostgreSQL under load, and start it again."""
    rng = random.Random(plan.seed)
    batches = batches_of_purchases(plan.events, rng)
    began = time.monotonic()
    client = _client(shop, batches, plan)
    for _ in range(plan.faults):
        _await_progress(client, rng, share=len(batches) // (plan.faults + 1))
        shop.parts["postgresql"].kill()
        time.sleep(rng.uniform(0.2, 1.0))
        shop.restart("postgresql")
    client.join()
    outcome = _outcome("postgresql", shop, plan, batches, began)
    return _judge_refusals(outcome, client)


def lose_redis(shop: Shop, plan: Plan) -> Outcome:
    """Kill Redis, which keeps nothing, and empty it, in turn; time until work is found again."""
    rng = random.Random(plan.seed)
    batches = batches_of_purchases(plan.events, rng)
    began = time.monotonic()
    client = _client(shop, batches, plan)
    waits = []
    for number in range(plan.faults):
        _await_progress(client, rng, share=len(batches) // (plan.faults + 1))
        if number % 2 == 0:
            _kill_redis_under_a_task(shop, client)
        else:
            _flush_redis(shop)
        waits.append(_recovery_s(shop, client))
    client.join()
    outcome = _outcome("redis", shop, plan, batches, began)
    outcome.remark = f"hints recovered after at most {max(waits):.1f} s"
    if max(waits) > RECOVERED_S:
        outcome.failures.append(f"hints took longer than {RECOVERED_S:.0f} s to recover")
    return _judge_refusals(outcome, client, allowed=0)


def _kill_redis_under_a_task(shop: Shop, client: Client) -> None:
    """Kill Redis while the worker drains: it ends its task, and acknowledges it to nobody."""
    log = shop.parts["events"].log
    before = log.getvalue().count(IN_VAIN)
    with contextlib.closing(shop.connect()) as connection:
        connection.execute("BEGIN")
        connection.execute(HOLD)
        client.allow(1)
        held: Callable[[], bool] = lambda: shop.rows(IS_HELD) == [(True,)]  # noqa: E731
        wait_until(held, timeout_s=SEEN_S, what="a worker that waits for the events' table")
        shop.parts["redis"].kill()
        connection.execute("ROLLBACK")
    ended: Callable[[], bool] = lambda: log.getvalue().count(IN_VAIN) > before  # noqa: E731
    wait_until(ended, timeout_s=SEEN_S, what="an acknowledgement in vain")
    shop.restart("redis")


def _flush_redis(shop: Shop) -> None:
    with redis.Redis.from_url(shop.env["ARMATURE_BROKER_URL"]) as server:
        server.flushall()


def _wait_for_nothing(shop: Shop) -> None:
    wait_until(lambda: not _has_work(shop), timeout_s=PROGRESS_S, what="an empty inbox")


def _recovery_s(shop: Shop, client: Client) -> float:
    """Return the seconds until something that was accepted from now on is applied."""
    _wait_for_nothing(shop)
    before = shop.rows(APPLIED)
    client.allow(1)
    return wait_until(
        lambda: shop.rows(APPLIED) > before, timeout_s=3 * PROGRESS_S, what="work to be found"
    )


def _has_work(shop: Shop) -> bool:
    return bool(shop.rows("SELECT EXISTS (SELECT 1 FROM experiments_inboxbatch)")[0][0])


def kill_web(shop: Shop, plan: Plan) -> Outcome:
    """Kill the web server and its processes while they accept; half is not sent again."""
    rng = random.Random(plan.seed)
    batches = batches_of_purchases(plan.events, rng, size=WEB_BATCH)
    began = time.monotonic()
    client = _client(shop, batches, plan, gives_up=GIVES_UP)
    for _ in range(plan.faults):
        _await_progress(client, rng, share=len(batches) // (plan.faults + 1))
        shop.parts["web"].kill()
        shop.restart("web")
    client.join()
    outcome = _outcome("web", shop, plan, batches, began)
    broken = sum(not batch.is_acknowledged for batch in batches)
    outcome.remark = f"{broken} batches were left without an answer"
    return outcome


def _client(shop: Shop, batches: Sequence[Batch], plan: Plan, gives_up: float = 0.0) -> Client:
    return Client(shop.url, shop.secret, batches, seed=plan.seed, gives_up=gives_up)


def _await_progress(client: Client, rng: random.Random, share: int) -> None:
    """Let a share of the batches go and return at a random one of their answers.

    One of the first third: some are given up, as they find their connection broken by a kill; were
    all of them, another one goes.
    """
    client.allow(share)
    target = client.statuses[202] + rng.randint(1, max(1, share // 3))
    wait_until(partial(_reached, client, target), timeout_s=PROGRESS_S, what="acknowledged batches")
    time.sleep(rng.uniform(0, 0.01))


def _reached(client: Client, target: int) -> bool:
    is_there = client.statuses[202] >= target
    if not is_there and client.is_idle:
        client.allow(1)
    return is_there


def _outcome(name: str, shop: Shop, plan: Plan, batches: Sequence[Batch], began: float) -> Outcome:
    verdict = judge(shop, batches)
    engine = "SQLite" if shop.is_embedded else "PostgreSQL"
    return Outcome(name, engine, plan, verdict, plan.faults, time.monotonic() - began)


def _judge_refusals(outcome: Outcome, client: Client, allowed: int | None = None) -> Outcome:
    """Note refusals; each has to say when to come back, and where none is due it is a failure."""
    refused = sum(count for status, count in client.statuses.items() if status not in {0, 202})
    outcome.remark = "; ".join(filter(None, (outcome.remark, f"{refused} refusals")))
    if client.without_retry_after:
        outcome.failures.append(f"{client.without_retry_after} refusals without Retry-After")
    if allowed is not None and refused > allowed:
        outcome.failures.append(f"{refused} requests were refused")
    return outcome
