"""The same visitor gets the same variant in any process, after a restart, and in GrowthBook."""

import io
import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from growthbook import GrowthBook

from config.running import default_services, wait_ready
from config.supervisor import Supervisor
from experiments.assignment.hashing import BUCKETS
from tests.checks import ROOT, clean_environment
from tests.flows.an_installation import copy_embedded

# Slow: they always run on SQLite, so once is enough.
pytestmark = pytest.mark.slow

VISITORS = [
    "v-81", "0190e3b2-7c1f-7d3a-9b1e-5f0c2d4e6a88", "用户-42", "👩‍🚀", "Zoë", "a name",
    *(f"visitor-{number}" for number in range(300)),
]  # fmt: skip
WEIGHTS = {"control": 50, "b": 30, "c": 20}
PREPARE = """
from experiments.keys import create_api_key
from experiments.models import Allocation, Experiment
from experiments.services import VariantDraft, create_experiment, create_site, start_experiment
from recommenders.catalogue import ItemRecord, upsert_items
from recommenders.services import request_training, train_artifact

site = create_site(slug="shop", name="Shop")
upsert_items(site=site, items=[ItemRecord(item_id="sku", title="Item", price=500, stock=1)])
train_artifact(artifact_id=request_training(site=site, key="popularity").pk)
variants = [
    VariantDraft(key, key, weight, key == "control", {"recommender": "popularity"})
    for key, weight in WEIGHTS.items()
]
draft = create_experiment(
    site=site, key="home-test", name="Home test", placement=site.placements.get(key="home"),
    variants=variants, allocation=8000,
)
start_experiment(experiment_id=draft.pk, waiver="a test")
_row, secret = create_api_key(site=site, name="shop")
row = Experiment.objects.select_related("placement__layer", "allocation").get()
say({
    "secret": secret,
    "seed": row.seed,
    "layer_seed": row.placement.layer.seed,
    "allocation": [row.allocation.start, row.allocation.stop],
})
"""
DECIDE = """
from experiments import snapshot
from experiments.assignment.assign import decide_placement
from experiments.assignment.specs import UnitIds, Visit

(site,) = snapshot.current().sites.values()
decided = [decide_placement(site.placements["home"], Visit(UnitIds(v), {})) for v in VISITORS]
say([decision.variant.key if decision.variant else None for decision in decided])
"""
ASK = """
from django.test import Client

def ask(visitor):
    return Client(SERVER_NAME="localhost").post(
        "/api/v1/assignments", {"unit": {"visitor_id": visitor}}, content_type="application/json",
        headers={"Authorization": f"Bearer {SECRET}"},
    ).json()["assignments"][0]["variant"]

say([ask(visitor) for visitor in VISITORS[:40]])
"""


def run(script: str, data_dir: Path, *, secret: str = "", **variables: str) -> Any:
    """Run a script in a process of its own, which ends by saying one JSON document."""
    head = f"""
import json, sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "platform")!r}]
import django
django.setup()
VISITORS, WEIGHTS, SECRET = json.loads({json.dumps([VISITORS, WEIGHTS, secret])!r})
say = lambda document: print(json.dumps(document))
"""
    env = clean_environment(data_dir) | {"DJANGO_SETTINGS_MODULE": "config.settings"} | variables
    done = subprocess.run(
        [sys.executable, "-c", head + script], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an installation's folder, with its database made."""
    folder = tmp_path_factory.mktemp("installation")
    copy_embedded(folder)
    return folder


@pytest.fixture(scope="module")
def experiment(data_dir: Path) -> dict[str, Any]:
    """Give what is needed to know of a running experiment."""
    found: dict[str, Any] = run(PREPARE, data_dir)
    return found


@pytest.fixture(scope="module")
def decided(data_dir: Path, experiment: dict[str, Any]) -> list[str | None]:
    """Give the visitors' variants as one process decides them."""
    found: list[str | None] = run(DECIDE, data_dir, PYTHONHASHSEED="1")
    return found


def test_visitors__decided_in_two_processes__have_the_same_variants(
    data_dir: Path, decided: list[str | None]
) -> None:
    again = run(DECIDE, data_dir, PYTHONHASHSEED="4242", LC_ALL="C", TZ="Pacific/Auckland")

    assert again == decided
    assert set(decided) == {*WEIGHTS, None}


def test_visitors__decided_by_the_released_client__have_the_same_variants(
    experiment: dict[str, Any], decided: list[str | None]
) -> None:
    attribute = {"hashVersion": 2, "attribute": "visitor_id"}
    start, stop = experiment["allocation"]
    rule = {
        "key": "home-test",
        "variations": list(WEIGHTS),
        "ranges": [[0, 0.5], [0.5, 0.8], [0.8, 1]],
        "hashAttribute": "visitor_id",
        "hashVersion": 2,
        "seed": experiment["seed"],
        "filters": [
            {
                "seed": experiment["layer_seed"],
                "ranges": [[start / BUCKETS, stop / BUCKETS]],
                **attribute,
            }
        ],
    }
    client = GrowthBook(features={"home": {"defaultValue": None, "rules": [rule]}})

    theirs = []
    for visitor in VISITORS:
        client.set_attributes({"visitor_id": visitor})
        theirs.append(client.eval_feature("home").value)

    assert theirs == decided


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/none", "sqlite:////nowhere/at/all.sqlite3"]
)
def test_visitors__after_a_restart_without_the_database__have_the_same_variants(
    data_dir: Path, experiment: dict[str, Any], decided: list[str | None], url: str
) -> None:
    answers = run(ASK, data_dir, secret=experiment["secret"], DATABASE_URL=url)

    assert answers == decided[:40]


@contextmanager
def serving(data_dir: Path) -> Iterator[str]:
    """Start the installation's web server as `up` does; give the address of its API, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**clean_environment(data_dir), "DATABASE_URL": "", "ARMATURE_BROKER_URL": ""}
    services = default_services(port=port, env=env)
    supervisor = Supervisor([each for each in services if each.name == "web"], io.StringIO())
    supervisor.start()
    try:
        wait_ready(f"http://127.0.0.1:{port}/healthz", 60)
        yield f"http://127.0.0.1:{port}/api/v1/"
    finally:
        supervisor.stop()


def variant_over_http(api: str, secret: str, visitor: str) -> str | None:
    body = json.dumps({"unit": {"visitor_id": visitor}, "placement": "home"}).encode()
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{api}recommendations", body, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        variant: str | None = json.load(answer)["experiment"]["variant"]
    return variant


@pytest.mark.flow
def test_visitors__served_before_and_after_a_restart__have_the_same_variants(
    data_dir: Path, experiment: dict[str, Any], decided: list[str | None]
) -> None:
    runs = []
    for _ in range(2):
        with serving(data_dir) as api:
            runs.append([variant_over_http(api, experiment["secret"], v) for v in VISITORS[:60]])

    assert runs == [decided[:60]] * 2
