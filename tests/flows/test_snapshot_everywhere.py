"""A change reaches every web process within seconds, whole: no answer mixes two versions."""

import time
from pathlib import Path
from typing import Any

import pytest

from config.httpclient import ApiClient
from tests.flows.an_installation import running

pytestmark = [pytest.mark.flow, pytest.mark.slow]

WITHIN_S = 5.0
WORKERS = 2
IN_A_ROW = 60  # equal answers after which both processes have surely been asked
PREPARE = """
from experiments.keys import create_api_key
from tests.factories import a_site, running_experiment
site = a_site()
running_experiment(site)
print(json.dumps(create_api_key(site=site, name="tests")[1]))
"""
# One transaction changes three rows that one answer shows.
CHANGE = """
from django.db import transaction
from experiments.models import Experiment
with transaction.atomic():
    row = Experiment.objects.get()
    for variant in row.variants.all():
        variant.parameters = {{"recommender": "popularity", "round": {round}}}
        variant.save()
    row.phase, row.seed = {round}, "round-{round}"
    row.save()
"""


def ask(url: str, secret: str) -> dict[str, Any]:
    """Return one decision; a connection of its own, so that either process may get it."""
    with ApiClient(url, key=secret) as client:
        answer = client.post("/api/v1/assignments", {"unit": {"visitor_id": "v-1"}})
    (found,) = answer["assignments"]
    assert isinstance(found, dict)
    return found


def round_of(answer: dict[str, Any]) -> int:
    """Return the version of the configuration that an answer shows; fails when it mixes two."""
    shown = answer["parameters"].get("round", 1)
    assert answer["phase"] == shown, f"phase and parameters are of two versions: {answer}"
    return int(shown)


def test_change__while_two_processes_serve__is_in_all_answers_within_seconds_and_never_half(
    tmp_path: Path,
) -> None:
    parts = ["web"]
    with running(tmp_path, {}, prepare=PREPARE, parts=parts, workers=WORKERS) as (shop, secret):
        assert round_of(ask(shop.url, secret)) == 1
        for number in (2, 3, 4):
            shop.manage(CHANGE.format(round=number))
            began = last_old = time.monotonic()
            new = 0
            while new < IN_A_ROW:
                seen = round_of(ask(shop.url, secret))
                assert seen in (number - 1, number)
                new = new + 1 if seen == number else 0
                last_old = last_old if new else time.monotonic()
            assert last_old - began < WITHIN_S
