"""A Celery task per event: the simple way, on a real worker and Redis."""

import os
import subprocess
import sys
import time

import psycopg
from celery import Celery

from benchmarks._events.mix import Mix
from config.running import ROOT

app = Celery("one_by_one", broker=os.environ.get("ARMATURE_BROKER_URL", "redis://"))
app.conf.task_ignore_result = True
app.conf.task_default_queue = "one-by-one"

TABLE = "CREATE TABLE IF NOT EXISTS one_by_one (event_id uuid PRIMARY KEY, body jsonb)"
STORE = """INSERT INTO one_by_one VALUES ((%s::jsonb->>'event_id')::uuid, %s)
    ON CONFLICT DO NOTHING"""
LIMIT_S = 120.0
_held: list[psycopg.Connection] = []


@app.task
def store(body: str) -> None:
    """Store one event, by its id once."""
    if not _held:
        _held.append(psycopg.connect(os.environ["DATABASE_URL"], autocommit=True))
    _held[0].execute(STORE, (body, body))


def store_one_by_one(mix: Mix, events: int) -> float:
    """Return how many events a second one worker stores of those that wait in Redis."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(TABLE)
        connection.execute("TRUNCATE one_by_one")
        bodies = [event.decode() for document in mix.documents for event in document][:events]
        for body in bodies:
            store.delay(body)
        wanted = len({body[: body.index(",")] for body in bodies})
        worker = subprocess.Popen(_COMMAND, cwd=ROOT, env=_environment(), stderr=subprocess.DEVNULL)
        try:
            return _rate(connection, wanted)
        finally:
            worker.terminate()
            worker.wait(30)


_COMMAND = [
    *(sys.executable, "-m", "celery", "--quiet", "-A", "benchmarks._events.tasks", "worker"),
    *("-Q", "one-by-one", "-c", "1", "--without-gossip", "--without-mingle", "--loglevel", "ERROR"),
]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "platform")))}


def _rate(connection: psycopg.Connection, wanted: int) -> float:
    """Return the rate from the first event seen stored to the last: the start is left out."""
    first, began = 0, 0.0
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        row = connection.execute("SELECT count(*) FROM one_by_one").fetchone()
        stored = row[0] if row else 0
        if stored >= wanted:
            return (stored - first) / (time.monotonic() - began)
        if stored and not first:
            first, began = stored, time.monotonic()
        time.sleep(0.02)
    raise TimeoutError(f"{stored} of {wanted} events were stored within {LIMIT_S:.0f} s")
