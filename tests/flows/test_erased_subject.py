"""A running installation forgets a visitor: in its database and in all its files."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from config.httpclient import ApiClient
from tests.callers import an_event
from tests.flows.an_installation import running, wait_until

pytestmark = [pytest.mark.flow, pytest.mark.slow]

MARK, ACCOUNT = "marker-91c4", "holder-91c4"
PREPARE = """
from experiments.keys import SCOPES, create_api_key
from tests.factories import a_site, running_experiment
site = a_site()
running_experiment(site)
print(json.dumps(create_api_key(site=site, name="tests", scopes=SCOPES - {"simulate"})[1]))
"""
FOUND = """
from tests.experiments.subjects.traces import files_with, rows_with
print(json.dumps([each for name in ("marker-91c4", "holder-91c4")
    for each in (*rows_with(name), *files_with(name))]))
"""
EVENTS = "SELECT COUNT(*) FROM experiments_event WHERE visitor_id = 'marker-91c4'"
DROPPED = "SELECT COALESCE(SUM(dropped), 0) FROM experiments_tally"
UNIT = {"visitor_id": MARK, "account_id": ACCOUNT}
WITHIN_S = 60.0


def visit(client: ApiClient) -> None:
    """Ask for a list, send a click, a purchase, and events that are refused in several ways."""
    body = {"unit": UNIT, "placement": "home", "session_id": MARK}
    served = client.post("/api/v1/recommendations", body)
    value = {"amount": 5, "currency": "EUR"}
    events: list[dict[str, Any]] = [
        an_event("select_item", unit=UNIT, request_id=served["request_id"], item_id="sku-1"),
        an_event("purchase", unit=UNIT, session_id=MARK, value=value),
        an_event("purchase", unit=UNIT),
        an_event("exposure", unit=UNIT, properties={"experiment": MARK, "variant": MARK}),
        an_event("page_view", unit={"visitor_id": [MARK]}),
    ]
    client.post("/api/v1/events", {"events": events})


def test_visitor__erased_while_it_runs__is_in_no_table_and_no_file(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    parts = ("web", "events", "compute", "beat")
    with running(data, {}, prepare=PREPARE, parts=parts) as (installation, secret):
        client = ApiClient(installation.url, key=secret)
        visit(client)
        wait_until(lambda: installation.row(EVENTS)[0] >= 2)
        assert installation.manage(FOUND)

        asked = client.post("/api/v1/subjects/erase", {"unit_type": "account", "unit_id": ACCOUNT})
        began = time.monotonic()
        visit(client)  # it comes again at once
        paths = [f"/api/v1/subjects/erasures/{each['id']}" for each in asked["erasures"]]
        wait_until(lambda: all(client.get(path)["finished_at"] for path in paths))

        assert time.monotonic() - began < WITHIN_S
        assert len(paths) == 2
        wait_until(lambda: installation.row(DROPPED)[0] >= 3)
        assert installation.manage(FOUND) == []
        assert json.dumps(asked).find(MARK) == -1
