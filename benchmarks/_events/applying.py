"""How fast one drain, or several side by side, applies what waits in the inbox."""

import multiprocessing
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from benchmarks._events.mix import Mix
from experiments.drain import drain_once
from experiments.intake.inbox import Sender, store_events
from experiments.intake.shapes import encoder, event_decoder
from experiments.models import InboxBatch, Site

BATCHES = 50  # documents in a transaction, as the drain takes


def put_to_wait(site: Site, mix: Mix) -> None:
    """Let the documents wait, as the endpoint keeps them."""
    now = timezone.now()
    for document in mix.documents:
        events = [encoder.encode(event_decoder.decode(event)) for event in document]
        store_events(site.pk, events, Sender(is_trusted=True, now=now), received_at=now)


def apply_all(workers: int) -> float:
    """Return the seconds that so many drains took to apply all that waits."""
    if workers == 1:
        began = time.perf_counter()
        _drain()
        return time.perf_counter() - began
    connection.close()
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(workers + 1)
    drains = [context.Process(target=_drain, args=(barrier,)) for _ in range(workers)]
    for drain in drains:
        drain.start()
    barrier.wait()
    began = time.perf_counter()
    for drain in drains:
        drain.join()
    return time.perf_counter() - began


def _drain(barrier: Any = None) -> None:
    connection.ensure_connection()
    if barrier is not None:
        barrier.wait()
    while drain_once(limit=BATCHES).batches or (barrier and InboxBatch.objects.exists()):
        pass


def bare_rows(site: Site, mix: Mix) -> list[list[str]]:
    """Return each transaction's events as lines for COPY, made before anything is timed."""
    per_pass = [mix.documents[i : i + BATCHES] for i in range(0, len(mix.documents), BATCHES)]
    return [
        [_line(site, event) for document in documents for event in document]
        for documents in per_pass
    ]


def _line(site: Site, raw: bytes) -> str:
    event = msgspec.json.decode(raw)
    value = event.get("value", {}).get("amount", "\\N")
    fields = (
        site.pk, event["event_id"], event["type"], event["occurred_at"],
        event["unit"]["visitor_id"], event["unit"].get("account_id", ""), event["session_id"],
        event.get("request_id", "\\N"), event["item_id"], value, event.get("order_id", ""),
        msgspec.json.encode(event["properties"]).decode(),
    )  # fmt: skip
    return "\t".join(map(str, fields)) + "\n"


BARE = """CREATE TABLE bare (site_id bigint, event_id uuid, type text, occurred_at timestamptz,
    visitor_id text, account_id text, session_id text, request_id uuid, item_id text, amount bigint,
    order_id text, properties jsonb, PRIMARY KEY (site_id, event_id))"""


def copy_bare(passes: Sequence[Sequence[str]]) -> float:
    """Return the seconds of COPY and INSERT … ON CONFLICT into one table with one key."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute(BARE)
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS stage (LIKE bare)")
        began = time.perf_counter()
        for lines in passes:
            cursor.execute("BEGIN")
            with cursor.copy("COPY stage FROM STDIN") as copy:
                copy.write("".join(lines))
            cursor.execute("INSERT INTO bare SELECT * FROM stage ON CONFLICT DO NOTHING")
            cursor.execute("TRUNCATE stage")
            cursor.execute("COMMIT")
        return time.perf_counter() - began
