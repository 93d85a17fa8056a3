"""A change of stock, sent through the interface, is in every process's lists within seconds."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from config.httpclient import ApiClient
from tests.flows.an_installation import running

pytestmark = [pytest.mark.flow, pytest.mark.slow]

WITHIN_S = 5.0
WORKERS = 2
IN_A_ROW = 40  # equal answers after which both processes have surely been asked
PREPARE = """
from experiments.keys import create_api_key
from experiments.services import create_site
from recommenders.catalogue import ItemRecord, upsert_items
site = create_site(slug="shop", name="Shop")
upsert_items(site=site, items=[ItemRecord(f"sku-{n}", "x") for n in range(5)])
print(json.dumps(create_api_key(site=site, name="tests")[1]))
"""


def listed(url: str, secret: str) -> set[str]:
    """Return a list's items; a connection of its own, so that either process may get it."""
    with ApiClient(url, key=secret) as client:
        body = {"placement": "home", "unit": {"visitor_id": "v-1"}, "k": 5}
        answer: dict[str, Any] = client.post("/api/v1/recommendations", body)
    return {item["item_id"] for item in answer["items"]}


def test_stock__changed_by_the_interface__is_in_all_lists_within_seconds(tmp_path: Path) -> None:
    with running(tmp_path, {}, prepare=PREPARE, parts=["web"], workers=WORKERS) as (shop, secret):
        assert "sku-3" in listed(shop.url, secret)
        for stock, is_shown in ((0, False), (4, True)):
            with ApiClient(shop.url, key=secret) as client:
                change = {"items": [{"item_id": "sku-3", "stock": stock}]}
                client.request("PATCH", "/api/v1/items", json.dumps(change).encode())
            began = last_old = time.monotonic()
            new = 0
            while new < IN_A_ROW:
                new = new + 1 if ("sku-3" in listed(shop.url, secret)) == is_shown else 0
                last_old = last_old if new else time.monotonic()
            assert last_old - began < WITHIN_S
