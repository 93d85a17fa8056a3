"""Segment's released libraries, pointed at a running server: their orders end in the report."""

import json
import random
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checks import ROOT
from tests.flows.an_installation import Installation, running, wait_until
from tests.standards import node_clients
from tests.standards.agreement import CLIENTS
from tests.standards.unreliable import Proxy, unreliable

pytestmark = pytest.mark.flow

PREPARE = "from tests.standards.segment_shop import equip; print(json.dumps(equip()))"
REPORT = "from tests.standards.segment_shop import report; print(json.dumps(report({site!r})))"
APPLIED = "SELECT COUNT(*) FROM experiments_event e"
KEPT = "SELECT COUNT(DISTINCT e.body) FROM experiments_quarantine e"
VISITORS = 40
# Amounts that no binary number holds, and what they are in minor units.
PRICES = {19.99: 1999, 0.1: 10, 1.1: 110, 2.675: None, 1029.95: 102_995, 33.33: 3333, 8: 800}

Call = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Any]]:
    """Give a running installation and the write keys of its sites."""
    data = tmp_path_factory.mktemp("segment")
    with running(data, {}, prepare=PREPARE) as (shop, keys):
        yield shop, keys


class Story:
    """What visitors do: the calls that tell it, and what the report has to say afterwards."""

    def __init__(self, shop: Installation, key: str) -> None:
        self.shop, self.key = shop, key
        self.calls: list[Call] = []
        self.revenue: Counter[str] = Counter()
        self.buyers: Counter[str] = Counter()
        self.n_refused = 0
        rng = random.Random(5)
        for number in range(VISITORS):
            self._visit(f"visitor-{number}", rng)

    def _visit(self, visitor: str, rng: random.Random) -> None:
        who = {"anonymousId": visitor}
        variant = self._variant_of(visitor)
        met = {"experiment_id": "home-test", "variation_id": variant}
        self.calls.append(("track", {**who, "event": "Experiment Viewed", "properties": met}))
        self.calls.append(("page", {**who, "name": "Home"}))
        price, amount = rng.choice(list(PRICES.items()))
        order = {"order_id": f"o-{visitor}", "revenue": price, "currency": "EUR"}
        bought = {**order, "products": [{"product_id": "sku-1", "quantity": 1}]}
        self.calls.append(("track", {**who, "event": "Order Completed", "properties": bought}))
        if amount is None:
            self.n_refused += 1
            return
        self.buyers[variant] += 1
        if rng.random() < 0.2:
            self.calls.append(("track", {**who, "event": "Order Refunded", "properties": order}))
            amount = 0
        self.revenue[variant] += amount

    def _variant_of(self, visitor: str) -> str:
        """Return the variant of a visitor, asked as a shop asks."""
        request = urllib.request.Request(
            f"{self.shop.url}/ofrep/v1/evaluate/flags/home-test",
            json.dumps({"context": {"targetingKey": visitor}}).encode(),
            {"Content-Type": "application/json", "X-API-Key": self.key},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(json.load(answer)["variant"])


def told_through(proxy: Proxy, command: list[str], story: Story, folder: Path) -> None:
    """Let a library make the story's calls; fails when it could not deliver one."""
    calls = folder / "calls.json"
    calls.write_text(json.dumps(story.calls))
    done = subprocess.run(
        [*command, proxy.url, story.key, str(calls)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def count(shop: Installation, sql: str, site: str) -> int:
    of_site = f"JOIN experiments_site s ON s.id = e.site_id WHERE s.slug = '{site}'"
    return int(shop.row(f"{sql} {of_site}")[0])


@pytest.mark.parametrize("library", ["python", "node"])
def test_orders__told_by_a_library_over_a_bad_line__end_in_the_report_to_the_penny(
    library: str, shops: tuple[Installation, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shop, keys = shops
    if library == "node":
        request.getfixturevalue("node")
        command = node_clients.script("segment.mjs")
    else:
        command = [sys.executable, str(CLIENTS / "segment_client.py")]
    story = Story(shop, keys[library])

    with unreliable(shop.url) as proxy:
        told_through(proxy, command, story, tmp_path)

    good = len(story.calls) - story.n_refused
    wait_until(lambda: count(shop, APPLIED, library) >= good)
    found = shop.manage(REPORT.format(site=library))
    revenue = {key: int(v["numerator"]) for key, v in found["revenue_per_unit"].items()}
    buyers = {key: int(v["numerator"]) for key, v in found["conversion"].items()}
    assert revenue == story.revenue
    assert buyers == story.buyers
    assert sum(v["n"] for v in found["revenue_per_unit"].values()) == VISITORS
    assert count(shop, APPLIED, library) == good
    assert count(shop, KEPT, library) == story.n_refused > 0
    check_the_line(proxy, story, library)


def check_the_line(proxy: Proxy, story: Story, library: str) -> None:
    """Check that the library batched, packed and resent as it is known to."""
    statuses = [status for status, _headers in proxy.seen]
    # One of ours, and what a busy server refuses besides.
    assert {*statuses} == {200, 503}
    assert len(proxy.seen) >= len(story.calls) / 7
    packed = {headers.get("content-encoding") for _status, headers in proxy.seen}
    assert packed == ({"gzip"} if library == "python" else {None})
    assert all(headers["authorization"].startswith("Basic ") for _s, headers in proxy.seen)
