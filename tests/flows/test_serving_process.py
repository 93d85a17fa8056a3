"""One web process: a new champion is served without a restart, and an end loses no list."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.httpclient import ApiClient
from tests.flows.an_installation import Installation, running, wait_until

pytestmark = [pytest.mark.flow, pytest.mark.slow]
TRAIN = """
from experiments.models import Site
from recommenders.services import request_training, train_artifact
artifact = request_training(site=Site.objects.get(slug="shop"), key="popularity")
print(json.dumps(train_artifact(artifact_id=artifact.pk).full_name))
"""
PREPARE = """
from experiments.keys import create_api_key
from experiments.services import create_site
from recommenders.catalogue import ItemRecord, upsert_items
site = create_site(slug="shop", name="Shop")
upsert_items(site=site, items=[ItemRecord(f"sku-{n}", "x") for n in range(5)])
print(json.dumps(create_api_key(site=site, name="tests")[1]))
"""
STORED = """
SELECT (SELECT COUNT(*) FROM experiments_slate) + COALESCE(
    (SELECT SUM(json_array_length(doc, '$.slates')) FROM experiments_inboxbatch), 0)
"""
SLATES = 150


def ask(client: ApiClient) -> dict[str, Any]:
    body = {"placement": "home", "unit": {"visitor_id": "v-1"}, "k": 3}
    answer: dict[str, Any] = client.post("/api/v1/recommendations", body)
    return answer


def web_process(installation: Installation) -> int:
    pid = installation.supervisor.pid_of("web")
    assert pid is not None
    return pid


def seconds_until(is_so: Callable[[], bool]) -> float:
    began = time.monotonic()
    wait_until(is_so)
    return time.monotonic() - began


def test_web_process__trained_beside_it__serves_the_new_champion_without_restart(
    tmp_path: Path,
) -> None:
    with (
        running(tmp_path, {}, prepare=PREPARE) as (installation, secret),
        ApiClient(installation.url, key=secret) as client,
    ):
        pid = web_process(installation)
        untrained = ask(client)
        first = installation.manage(TRAIN)
        wait_until(lambda: ask(client)["recommender"]["artifact"] == first)
        second = installation.manage(TRAIN)

        took_s = seconds_until(lambda: ask(client)["recommender"]["artifact"] == second)

        assert (untrained["recommender"]["name"], untrained["fallback"]) == (
            "catalogue",
            "no_artifact",
        )
        assert ask(client)["fallback"] is None
        assert took_s < 5
        assert web_process(installation) == pid


def test_web_process__asked_to_end__writes_what_it_buffered(tmp_path: Path) -> None:
    with (
        running(tmp_path, {}, prepare=PREPARE) as (installation, secret),
        ApiClient(installation.url, key=secret) as client,
    ):
        answers = [ask(client) for _ in range(SLATES)]

        pid = web_process(installation)
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: installation.supervisor.pid_of("web") not in (None, pid))

        assert {answer["exposure"]["recorded"] for answer in answers} == {"buffered"}
        assert installation.row(STORED) == (SLATES,)
