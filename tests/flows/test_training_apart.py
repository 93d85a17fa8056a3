"""A training in a process of its own: killed, too slow, too greedy or crashing, it harms nobody."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checks import ROOT
from tests.flows.an_installation import (
    Installation,
    copy_embedded,
    running,
    servers_of_this_run,
    wait_until,
)

pytestmark = pytest.mark.flow
# A plug-in is what may do anything: it is put on the path of the installation's processes.
PLUGIN = """
import ctypes, signal, time
import numpy as np
from recommenders.algorithms.popularity import Popularity

class Odd(Popularity):
    defaults = {"does": ""}

    def __init__(self, settings):
        super().__init__(_complete())
        self.does = settings["does"]

    def fit(self, data, *, rng):
        if self.does == "wait":
            time.sleep(300)
        if self.does == "spin":
            while True:
                sum(range(1000))
        if self.does == "hang":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})  # deaf, as compiled code is
            time.sleep(300)
        if self.does == "greed":
            self.much = [np.ones(2**24) for _ in range(64)]  # 8 GiB
        if self.does == "crash":
            ctypes.string_at(0)
        return super().fit(data, rng=rng)

def _complete():
    from recommenders.base import checked_settings
    return checked_settings({}, Popularity.defaults)
"""
PREPARE = """
from experiments.services import create_site
from recommenders.catalogue import ItemRecord, upsert_items
site = create_site(slug="shop", name="Shop")
upsert_items(site=site, items=[ItemRecord(f"sku-{n}", "Item") for n in range(20)])
"""
ASK = """
from experiments.models import Site
from recommenders.models import Recommender
from recommenders.services import request_training
from recommenders.tasks import train_artifact
site = Site.objects.get(slug="shop")
Recommender.objects.filter(key="odd").update(settings={"does": %r})
artifact = request_training(site=site, key="odd")
train_artifact.delay(artifact.pk)
print(json.dumps(artifact.pk))
"""
STATE = "SELECT status, error, stage FROM recommenders_artifact WHERE id = %d"


def with_plugin(folder: Path) -> dict[str, str]:
    """Write the plug-in as an installed package would lie; return the variables that show it."""
    info = folder / "odd-1.dist-info"
    info.mkdir(parents=True)
    (folder / "odd_plugin.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[armature.recommenders]\nodd = odd_plugin:Odd\n")
    path = os.pathsep.join((str(ROOT), str(ROOT / "platform"), str(folder)))
    return {
        "PYTHONPATH": path,
        "ARMATURE_TRAINING_SOFT_LIMIT": "5",
        "ARMATURE_TRAINING_HARD_LIMIT": "30",
        "ARMATURE_TRAINING_MEMORY_MB": "1024",
    }


@pytest.fixture(params=["embedded", pytest.param("servers", marks=pytest.mark.servers)])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """Yield an installation with a worker for trainings and an odd recommender."""
    variables, data = with_plugin(tmp_path / "plugin"), tmp_path / "data"
    with contextlib.ExitStack() as stack:
        if request.param == "embedded":
            copy_embedded(data)
        else:
            variables |= stack.enter_context(servers_of_this_run())
        started = running(data, variables, prepare=PREPARE, parts=("web", "training"))
        yield stack.enter_context(started)[0]


def ask(shop: Installation, does: str) -> int:
    found: int = shop.manage(ASK % does)
    return found


def ended(shop: Installation, artifact: int, timeout_s: float = 90) -> tuple[Any, ...]:
    """Return status, error and stage of an artifact once its training is over."""
    wait_until(lambda: shop.row(STATE % artifact)[0] in ("ready", "failed"), timeout_s)
    return tuple(shop.row(STATE % artifact))


def folders(shop: Installation) -> list[str]:
    root = Path(shop.env["ARMATURE_DATA_DIR"]) / "artifacts"
    return sorted(path.name for path in root.glob("*/odd/*")) + sorted(
        path.name for path in root.glob("*/odd/.*")
    )


def children_of(pid: int | None) -> list[int]:
    done = subprocess.run(["pgrep", "-P", str(pid)], stdout=subprocess.PIPE, text=True, check=False)
    return [int(line) for line in done.stdout.split()]


def killed(shop: Installation, artifact: int) -> None:
    """Kill the process of a training while it fits."""
    wait_until(lambda: shop.row(STATE % artifact)[2] == "fitting")
    (child,) = children_of(shop.supervisor.pid_of("training"))
    os.kill(child, signal.SIGKILL)


def test_training__that_dies_in_any_way__leaves_the_champion_and_says_why(
    shop: Installation,
) -> None:
    good = ask(shop, "")
    assert ended(shop, good) == ("ready", "", "")
    before = folders(shop)
    reasons = {
        "greed": "it needed more memory than the 1024 MiB of ARMATURE_TRAINING_MEMORY_MB",
        "spin": "OutOfTime: it took longer than the 5 s of ARMATURE_TRAINING_SOFT_LIMIT",
        "hang": "it took longer than the 30 s of ARMATURE_TRAINING_HARD_LIMIT, and was ended",
        "crash": "its process ended by signal SIGSEGV, as compiled code may",
    }
    for does, reason in reasons.items():
        assert ended(shop, ask(shop, does))[:2] == ("failed", reason), does
    artifact = ask(shop, "wait")
    threading.Thread(target=killed, args=(shop, artifact)).start()
    status, error, _stage = ended(shop, artifact)

    assert (status, error.partition(";")[0]) == ("failed", "its process was killed")
    assert folders(shop) == before
    champion = "SELECT champion_id FROM recommenders_recommender WHERE key = 'odd'"
    assert shop.row(champion) == (good,)
    assert ended(shop, ask(shop, ""))[0] == "ready"  # the same worker trains on


def test_worker__killed_during_a_training__takes_the_training_with_it(shop: Installation) -> None:
    artifact = ask(shop, "wait")
    wait_until(lambda: shop.row(STATE % artifact)[2] == "fitting")
    worker = shop.supervisor.pid_of("training")
    (child,) = children_of(worker)
    assert worker is not None

    os.kill(worker, signal.SIGKILL)

    wait_until(lambda: not Path(f"/proc/{child}").exists() or _is_over(child), 30)
    wait_until(lambda: shop.supervisor.pid_of("training") not in (None, worker), 30)
    assert shop.row(STATE % artifact)[0] == "training"  # until its lease is over: then tried again


def _is_over(pid: int) -> bool:
    """Return whether a process has ended and is only not buried yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True
    finally:
        time.sleep(0.05)
