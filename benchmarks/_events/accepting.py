"""How fast a real web server accepts documents over HTTP, committed before the answer."""

import http.client
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from benchmarks._events.mix import Mix
from benchmarks._ports import free_port
from config.running import default_services, wait_ready
from config.supervisor import Supervisor

CLIENTS = 16
ANSWER_S = 30.0
LIMIT_S = 600.0
WEB_WORKERS = {"postgresql": 2, "sqlite": 1}  # SQLite has one writer


@dataclass(frozen=True)
class Accepted:
    """What came of sending documents: events a second, and times to the answer in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int


@contextmanager
def a_web_server() -> Iterator[int]:
    """Run the web processes of an installation, told of by the environment; yields the port."""
    port = free_port()
    services = default_services(
        port=port, workers=WEB_WORKERS[connection.vendor], env={"ARMATURE_RATE_LIMIT": "1000000"}
    )
    supervisor = Supervisor([each for each in services if each.name == "web"], sys.stderr)
    try:
        supervisor.start()
        wait_ready(f"http://127.0.0.1:{port}/healthz", 60)
        yield port
    finally:
        supervisor.stop()


def send(port: int, secret: str, mix: Mix, *, per_second: float = 0) -> Accepted:
    """Send a mix over 16 connections, as fast as answers come or so many documents a second."""
    bodies = [b'{"events":[' + b",".join(document) + b"]}" for document in mix.documents]
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    start = time.time() + 1
    clients = [
        context.Process(
            target=_client,
            args=(port, secret, bodies, number, start, per_second, answers),
        )
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    times = [time_s for _ in clients for time_s in answers.get(timeout=LIMIT_S)]
    for client in clients:
        client.join()
    return _accepted(times, events=mix.sent / len(bodies), start=start)


def _accepted(
    answers: Sequence[tuple[float, float, int]], *, events: float, start: float
) -> Accepted:
    took = sorted(1000 * took_s for took_s, _at, _status in answers)
    refused = sum(status != 202 for _took, _at, status in answers)
    ended = max(at for _took, at, _status in answers)
    return Accepted(
        per_second=events * (len(answers) - refused) / (ended - start),
        p50_ms=took[len(took) // 2],
        p99_ms=took[int(len(took) * 0.99)],
        refused=refused,
    )


def _client(
    port: int,
    secret: str,
    bodies: Sequence[bytes],
    number: int,
    start: float,
    per_second: float,
    answers: Any,
) -> None:
    """Send each sixteenth request; with a pace, times count from when a request was due."""
    found = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    time.sleep(max(0.0, start - time.time()))
    for index in range(number, len(bodies), CLIENTS):
        due = start + index / per_second if per_second else time.time()
        time.sleep(max(0.0, due - time.time()))
        connection.request("POST", "/api/v1/events", bodies[index], headers)
        answer = connection.getresponse()
        answer.read()
        now = time.time()
        found.append((now - due, now, answer.status))
    connection.close()
    answers.put(found)
