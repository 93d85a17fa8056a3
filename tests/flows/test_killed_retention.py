"""Retention killed again and again: every row is in the database or in a file, none is lost."""

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest

from tests.checks import ROOT, clean_environment
from tests.flows.an_installation import copy_embedded, servers_of_this_run

ROWS = 3_000  # of each table on each of two days: dropping them takes a second or more
KILLS = 3
PREPARE = f"""
import uuid
from datetime import timedelta
from django.utils import timezone
from experiments.models import Event, Site, Slate
from experiments.services import create_site
from tests.rows import a_slate, an_event
site = create_site(slug="shop", name="Shop")
Site.objects.update(retention_days=30)
now = timezone.now()
moments = [now - timedelta(days=40 + number % 2) for number in range({2 * ROWS})]
Event.objects.bulk_create(
    [an_event(site, "purchase", at, amount=7, currency="EUR") for at in moments], batch_size=2000
)
Slate.objects.bulk_create([a_slate(site, at) for at in moments], batch_size=2000)
"""
COUNT = "SELECT (SELECT COUNT(*) FROM experiments_event) + (SELECT COUNT(*) FROM experiments_slate)"
IDS = """
import json
from experiments.models import Event, Slate
held = [list(model.objects.values_list("id", flat=True)) for model in (Event, Slate)]
print(json.dumps(dict(zip(("events", "slates"), held))))
"""


def manage(env: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    argv = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True)


def run_code(env: dict[str, str], code: str) -> str:
    out, _ = manage(env, "shell", "--no-imports", "-c", code).communicate(timeout=120)
    return out


def held_ids(env: dict[str, str]) -> dict[str, set[int]]:
    return {table: set(ids) for table, ids in json.loads(run_code(env, IDS)).items()}


def exported_ids(data_dir: Path, table: str) -> list[int]:
    paths = (data_dir / "exports" / table).glob("site=*/day=*/part-*.parquet")
    return [each for path in paths for each in pq.ParquetFile(path).read().column("id").to_pylist()]


def count(env: dict[str, str]) -> int:
    """Return how many events and slates the database holds, asked from outside."""
    if url := env["DATABASE_URL"]:
        connection: Any = psycopg.connect(url)
    else:
        path = Path(env["ARMATURE_DATA_DIR"]) / "armature.sqlite3"
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
    with closing(connection):
        return int(connection.execute(COUNT).fetchone()[0])


def kill_while_dropping(data_dir: Path, env: dict[str, str]) -> None:
    run_code(env, PREPARE)
    before = held_ids(env)
    assert [len(ids) for ids in before.values()] == [2 * ROWS] * 2
    left = [_left_when_killed(env) for _ in range(KILLS)]

    done = manage(env, "retention")
    assert done.wait(120) == 0

    assert 4 * ROWS > left[0] > left[-1] > 0  # each was killed amid its work
    assert held_ids(env) == {"events": set(), "slates": set()}
    for table, ids in before.items():
        exported = exported_ids(data_dir, table)
        assert sorted(exported) == sorted(ids)


def _left_when_killed(env: dict[str, str]) -> int:
    """Run retention, kill it once rows begin to go, and return how many are left."""
    before = count(env)
    process = manage(env, "retention")
    while count(env) == before:
        assert process.poll() is None, "it ended without dropping anything"
    process.send_signal(signal.SIGKILL)
    process.wait()
    return count(env)


@pytest.mark.flow
@pytest.mark.slow
def test_retention__embedded_killed_while_dropping__loses_nothing(tmp_path: Path) -> None:
    env = {**clean_environment(tmp_path), "DATABASE_URL": ""}
    copy_embedded(tmp_path)

    kill_while_dropping(tmp_path, env)


@pytest.mark.flow
@pytest.mark.servers
def test_retention__on_postgresql_killed_while_dropping__loses_nothing(tmp_path: Path) -> None:
    with servers_of_this_run() as servers:
        env = {**clean_environment(tmp_path), **servers}
        assert manage(env, "migrate", "-v0").wait(120) == 0

        kill_while_dropping(tmp_path, env)
