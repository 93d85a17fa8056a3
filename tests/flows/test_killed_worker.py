"""Ten thousand events over HTTP while the worker is killed three times: each is applied once."""

import logging
import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.httpclient import ApiClient
from tests.flows.an_installation import Installation, running, servers_of_this_run, wait_until

log = logging.getLogger(__name__)

EVENTS = 10_000
BATCH = 50
KILLS = 3
HELD_BACK = 20  # batches for each kill, so that some come while no worker lives, however slow
RESENT_EVERY = 10  # batches; a client that saw no answer sends the same again
PREPARE = """
from experiments.keys import create_api_key
from experiments.services import create_site
site = create_site(slug="shop", name="Shop")
print(json.dumps(create_api_key(site=site, name="tests")[1]))
"""
APPLIED = "SELECT COUNT(*), COUNT(DISTINCT event_id), SUM(amount) FROM experiments_event"
PROGRESS = "SELECT COUNT(*) FROM experiments_event"
WAITING = "SELECT COUNT(*) FROM experiments_inboxbatch"
REFUSED = "SELECT COUNT(*) FROM experiments_quarantine"


def purchases(rng: random.Random) -> list[dict[str, Any]]:
    now = datetime.now(UTC).isoformat()
    return [
        {
            "event_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "type": "purchase",
            "occurred_at": now,
            "unit": {"visitor_id": f"v-{number % 997}"},
            "value": {"amount": rng.randrange(1, 10_000), "currency": "EUR"},
        }
        for number in range(EVENTS)
    ]


class Poster(threading.Thread):
    """Posts batches, slowly until `hurry` is set, some of them twice; counts what was accepted.

    It holds some back until it hears of a kill.
    """

    def __init__(self, client: ApiClient, events: Sequence[dict[str, Any]]) -> None:
        super().__init__(name="poster", daemon=True)
        self.client, self.events = client, events
        self.hurry = threading.Event()
        self.allowed = threading.Semaphore(EVENTS // BATCH - KILLS * HELD_BACK)
        self.accepted = 0
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            for number, start in enumerate(range(0, EVENTS, BATCH)):
                self.allowed.acquire()
                batch = self.events[start : start + BATCH]
                for _ in range(2 if number % RESENT_EVERY == 0 else 1):
                    answer = self.client.post("/api/v1/events", {"events": batch})
                    self.accepted += answer["accepted"]
                self.hurry.wait(0.1)
        except Exception as error:  # noqa: BLE001 - told by the test, which has the thread's result
            self.error = error


def kill_a_working_worker(installation: Installation, poster: Poster, rng: random.Random) -> bool:
    """Kill the worker's group at a random moment of its work; return if work came meanwhile."""
    seen = installation.row(PROGRESS)[0]
    wait_until(lambda: installation.row(PROGRESS)[0] > seen)
    time.sleep(rng.uniform(0, 0.4))
    pid = installation.supervisor.pid_of("events")
    assert pid is not None
    os.killpg(pid, signal.SIGKILL)
    poster.allowed.release(HELD_BACK)
    wait_until(lambda: installation.supervisor.pid_of("events") not in (None, pid))
    return bool(installation.row(WAITING)[0])


def post_while_killing(installation: Installation, secret: str, seed: int) -> None:
    rng = random.Random(seed)
    events = purchases(rng)
    with ApiClient(installation.url, key=secret) as client:
        poster = Poster(client, events)
        poster.start()
        waited = [kill_a_working_worker(installation, poster, rng) for _ in range(KILLS)]
        poster.hurry.set()
        poster.join(120)
    assert poster.error is None
    resent = BATCH * len(range(0, EVENTS // BATCH, RESENT_EVERY))
    assert poster.accepted == EVENTS + resent
    assert all(waited), "nothing was accepted while no worker lived"
    wait_until(lambda: installation.row(WAITING)[0] == 0)
    total = sum(event["value"]["amount"] for event in events)
    assert installation.row(APPLIED) == (EVENTS, EVENTS, total)
    assert installation.row(REFUSED) == (0,)
    assert installation.log.getvalue().count("ended unexpectedly (signal 9)") == KILLS


@pytest.fixture
def seed() -> int:
    chosen = random.SystemRandom().randrange(2**32)
    log.warning("the moments of the kills are drawn with seed=%d", chosen)  # shown on failure
    return chosen


@pytest.mark.flow
@pytest.mark.slow
def test_events__embedded_worker_killed_three_times__are_applied_exactly_once(
    tmp_path: Path, seed: int
) -> None:
    with running(tmp_path, {}, prepare=PREPARE) as (installation, secret):
        post_while_killing(installation, secret, seed)


@pytest.mark.flow
@pytest.mark.servers
def test_events__worker_on_servers_killed_three_times__are_applied_exactly_once(
    tmp_path: Path, seed: int
) -> None:
    with (
        servers_of_this_run() as servers,
        running(tmp_path, servers, prepare=PREPARE) as (installation, secret),
    ):
        post_while_killing(installation, secret, seed)
