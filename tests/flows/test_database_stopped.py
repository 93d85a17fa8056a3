"""The database is killed: variants stay for a minute, and after a restart of the web from disk."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from config.httpclient import ApiClient
from config.running import wait_ready
from tests.flows.an_installation import Installation, running, wait_until
from tests.services import MissingServerError, a_postgresql_to_kill

pytestmark = [pytest.mark.flow, pytest.mark.slow]

AWAY_S = 60.0
PAUSE_S = 1.0
VISITORS = [f"v-{number}" for number in range(40)]
PREPARE = """
from experiments.keys import create_api_key
from tests.factories import a_site, running_experiment
site = a_site(exposure_mode="{mode}")
running_experiment(site, allocation=8000)
print(json.dumps(create_api_key(site=site, name="tests")[1]))
"""

Answers = dict[str, tuple[str | None, str]]


@pytest.fixture
def database() -> Iterator[tuple[str, Callable[[], None]]]:
    try:
        with a_postgresql_to_kill() as found:
            yield found
    except MissingServerError as error:
        pytest.skip(str(error))


def assigned(client: ApiClient) -> Answers:
    """Return every visitor's variant and reason."""
    out = {}
    for visitor in VISITORS:
        answer = client.post("/api/v1/assignments", {"unit": {"visitor_id": visitor}})
        (found,) = answer["assignments"]
        out[visitor] = (found["variant"], found["reason"])
    return out


def recommended(client: ApiClient) -> Answers:
    """Return every visitor's variant and reason, as the lists that they are served say."""
    out = {}
    for visitor in VISITORS:
        body = {"placement": "home", "unit": {"visitor_id": visitor}, "k": 3}
        answer = client.post("/api/v1/recommendations", body)
        assert len(answer["items"]) == 3
        found = answer["experiment"]
        out[visitor] = (found["variant"], found["reason"])
    return out


def is_away(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=1).close()
    except psycopg.OperationalError:
        return True
    return False


def restart_web(installation: Installation) -> None:
    pid = installation.supervisor.pid_of("web")
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: installation.supervisor.pid_of("web") not in (None, pid))
    wait_ready(f"{installation.url}/healthz", 60)


@pytest.mark.parametrize("mode", ["durable", "buffered"])
def test_database__killed_for_a_minute_and_web_restarted__every_unit_keeps_its_variant(
    database: tuple[str, Callable[[], None]], mode: str, tmp_path: Path
) -> None:
    url, kill = database
    prepare = PREPARE.format(mode=mode)
    servers = {"DATABASE_URL": url}
    with (
        running(tmp_path, servers, prepare=prepare, parts=["web"], workers=2) as (shop, secret),
        ApiClient(shop.url, key=secret) as client,
    ):
        before = assigned(client)
        assert recommended(client) == before
        kill()

        began, rounds = time.monotonic(), 0
        while time.monotonic() - began < AWAY_S:
            assert assigned(client) == before
            assert recommended(client) == before
            rounds += 1
            time.sleep(PAUSE_S)
        restart_web(shop)

        assert is_away(url)
        assert rounds > 1
        assert assigned(client) == before
        assert recommended(client) == before
        assert {reason for _variant, reason in before.values()} == {"SPLIT", "NOT_IN_LAYER"}
