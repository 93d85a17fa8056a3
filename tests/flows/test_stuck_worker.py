"""A worker that lives and consumes nothing is noticed, told of, restarted, and nothing is lost."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from config.httpclient import ApiClient
from config.watchdog import Watchdog
from tests.callers import an_event
from tests.flows.an_installation import Installation, running, servers_of_this_run, wait_until

PREPARE = """
from experiments.keys import create_api_key
from experiments.services import create_site
site = create_site(slug="shop", name="Shop")
print(json.dumps(create_api_key(site=site, name="tests")[1]))
"""
APPLIED = "SELECT COUNT(*), COUNT(DISTINCT event_id) FROM experiments_event"
WAITING = "SELECT COUNT(*) FROM experiments_inboxbatch"
ALARMS = "SELECT COUNT(*) FROM experiments_notice WHERE kind = 'health' AND severity = 'alarm'"
STANDING = ALARMS + " AND resolved_at IS NULL"
BATCHES, EVENTS = 20, 10


@contextmanager
def watched(installation: Installation, stuck_s: float) -> Iterator[None]:
    watchdog = Watchdog(
        installation.supervisor, f"{installation.url}/readyz", every_s=stuck_s / 6, stuck_s=stuck_s
    )
    watchdog.start()
    try:
        yield
    finally:
        watchdog.stop()


def events_of(installation: Installation) -> dict[str, Any]:
    with urllib.request.urlopen(f"{installation.url}/readyz", timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read())["events"]
        return found


def stop_the_worker(installation: Installation) -> int:
    """Let the worker's processes live without doing anything; return its id."""
    wait_until(lambda: installation.row(APPLIED)[0] > 0)
    wait_until(lambda: installation.row(WAITING)[0] == 0)
    pid = installation.supervisor.pid_of("events")
    assert pid is not None
    os.killpg(pid, signal.SIGSTOP)
    return pid


def accept(client: ApiClient, count: int) -> int:
    return sum(
        client.post("/api/v1/events", {"events": [an_event() for _ in range(EVENTS)]})["accepted"]
        for _ in range(count)
    )


def recover_from_a_stop(installation: Installation, secret: str, stuck_s: float) -> float:
    """Stop the worker, go on accepting, and return how many seconds later it was replaced."""
    with ApiClient(installation.url, key=secret) as client, watched(installation, stuck_s):
        accepted = accept(client, 1)
        pid = stop_the_worker(installation)
        stopped_at = time.monotonic()
        accepted += accept(client, BATCHES)
        wait_until(lambda: installation.supervisor.pid_of("events") not in (None, pid))
        took_s = time.monotonic() - stopped_at
        wait_until(lambda: installation.row(WAITING)[0] == 0)
    assert installation.row(APPLIED) == (accepted, accepted)
    assert "is stuck: a batch has waited" in installation.log.getvalue()
    wait_until(lambda: events_of(installation)["state"] == "ok", 30)
    return took_s


@pytest.mark.flow
def test_worker__that_lives_and_consumes_nothing__is_restarted_and_all_is_applied(
    tmp_path: Path,
) -> None:
    with running(tmp_path, {}, prepare=PREPARE) as (installation, secret):
        # Less than a busy machine takes to start a worker, and the next one is stuck as well.
        recover_from_a_stop(installation, secret, stuck_s=24)


@pytest.mark.flow
@pytest.mark.servers
def test_worker__on_servers_stuck_for_a_minute__is_told_of_by_an_alarm_that_ends(
    tmp_path: Path,
) -> None:
    with (
        servers_of_this_run() as servers,
        running(tmp_path, servers, prepare=PREPARE) as (installation, secret),
    ):
        took_s = recover_from_a_stop(installation, secret, stuck_s=66)
        assert took_s < 90
        assert installation.row(ALARMS) == (1,)
        wait_until(lambda: installation.row(STANDING) == (0,), 30)
