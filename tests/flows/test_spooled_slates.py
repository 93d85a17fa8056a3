"""The database goes away while lists are asked for: what was answered is there, once."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from config.httpclient import ApiClient
from config.running import wait_ready
from tests.flows.an_installation import Installation, running, wait_until
from tests.services import MissingServerError, a_postgresql_to_restart

pytestmark = [pytest.mark.flow, pytest.mark.slow]

PREPARE = """
from experiments.keys import create_api_key
from tests.factories import a_site, running_experiment
site = a_site(exposure_mode="{mode}")
running_experiment(site, allocation=8000)
print(json.dumps(create_api_key(site=site, name="tests")[1]))
"""
STORED = """
from experiments.models import Slate
print(json.dumps([str(each) for each in Slate.objects.values_list("request_id", flat=True)]))
"""
WAITING = "SELECT COUNT(*) FROM experiments_inboxbatch"
SLOWEST_S = 6.0  # one connection that is refused, or two seconds of waiting, on a busy machine
Postgresql = tuple[str, Callable[[], None], Callable[[], None]]


@pytest.fixture
def database() -> Iterator[Postgresql]:
    try:
        with a_postgresql_to_restart() as found:
            yield found
    except MissingServerError as error:
        pytest.skip(str(error))


class Shoppers:
    """Threads that ask for lists until they are told to stop; they keep every answer."""

    def __init__(self, url: str, secret: str, threads: int = 4) -> None:
        self.answers: list[tuple[str, str]] = []
        self.slowest_s = 0.0
        self._url, self._secret = url, secret
        self._is_over = threading.Event()
        self._pool = ThreadPoolExecutor(threads)
        self._runs = [self._pool.submit(self._ask, number) for number in range(threads)]

    def kinds(self) -> set[str]:
        return {kind for _id, kind in self.answers}

    def stop(self) -> None:
        self._is_over.set()
        for run in self._runs:
            run.result()
        self._pool.shutdown()

    def _ask(self, number: int) -> None:
        body = {"placement": "home", "unit": {"visitor_id": f"v-{number}"}, "k": 3}
        while not self._is_over.is_set():
            began = time.monotonic()
            try:
                with ApiClient(self._url, key=self._secret) as client:
                    answer: dict[str, Any] = client.post("/api/v1/recommendations", body)
            except Exception:  # noqa: BLE001 - no answer while the web process is away
                time.sleep(0.05)
                continue
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            self.answers.append((answer["request_id"], answer["exposure"]["recorded"]))
            time.sleep(0.01)


def web_process(installation: Installation) -> int:
    pid = installation.supervisor.pid_of("web")
    assert pid is not None
    return pid


def workers_of(parent: int) -> list[int]:
    """Return the web server's processes."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children]


def kill_web(installation: Installation) -> None:
    """Kill the web server and its workers as a machine short of memory does."""
    pid = web_process(installation)
    for each in (pid, *workers_of(pid)):
        os.kill(each, signal.SIGKILL)
    wait_until(lambda: installation.supervisor.pid_of("web") not in (None, pid))
    wait_ready(f"{installation.url}/healthz", 60)


def spooled_files(installation: Installation) -> list[Path]:
    return list((Path(installation.env["ARMATURE_DATA_DIR"]) / "spool").glob("*.slates"))


def test_postgresql__killed_and_web_killed__every_answered_slate_is_there_once(
    database: Postgresql, tmp_path: Path
) -> None:
    url, kill, start = database
    parts = ["web", "events", "beat"]
    with running(
        tmp_path,
        {"DATABASE_URL": url},
        prepare=PREPARE.format(mode="durable"),
        parts=parts,
        workers=2,
    ) as (shop, secret):
        shoppers = Shoppers(shop.url, secret)
        wait_until(lambda: "committed" in shoppers.kinds())
        kill()
        wait_until(lambda: "spooled" in shoppers.kinds())
        slowest_s = shoppers.slowest_s  # later a client may wait for the web server to come back
        kill_web(shop)
        seen = len(shoppers.answers)
        wait_until(lambda: len(shoppers.answers) > seen + 50)
        start()
        before = len(shoppers.answers)
        wait_until(lambda: "committed" in {kind for _id, kind in shoppers.answers[before:]})
        shoppers.stop()
        wait_until(lambda: not spooled_files(shop) and shop.row(WAITING) == (0,))
        stored = shop.manage(STORED)

    answered = [request_id for request_id, _kind in shoppers.answers]
    assert shoppers.kinds() == {"committed", "spooled"}
    assert len(stored) == len(set(stored))
    assert set(answered) <= set(stored)
    assert slowest_s < SLOWEST_S


def test_sqlite__locked_while_buffer_fills__every_answered_slate_is_there_once(
    tmp_path: Path,
) -> None:
    small = {"ARMATURE_EXPOSURE_BUFFER": "20"}
    prepare = PREPARE.format(mode="buffered")
    with running(tmp_path, small, prepare=prepare) as (shop, secret):
        shoppers = Shoppers(shop.url, secret)
        with closing(sqlite3.connect(tmp_path / "armature.sqlite3", timeout=20)) as other:
            other.execute("BEGIN IMMEDIATE")
            wait_until(lambda: "spooled" in shoppers.kinds())
            seen = len(shoppers.answers)
            wait_until(lambda: len(shoppers.answers) > seen + 50)
            other.rollback()
        shoppers.stop()
        wait_until(lambda: not spooled_files(shop) and shop.row(WAITING) == (0,))
        wait_until(lambda: len(shop.manage(STORED)) >= len(shoppers.answers))
        stored = shop.manage(STORED)

    assert shoppers.kinds() == {"buffered", "spooled"}
    assert sorted(stored) == sorted(request_id for request_id, _kind in shoppers.answers)
    assert shoppers.slowest_s < SLOWEST_S
