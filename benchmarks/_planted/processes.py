"""The processes that simulate side by side, each with a database of its own."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path

from benchmarks._planted.study import Outcome
from benchmarks._planted.tasks import Task
from tests.services import throwaway_services


class Place(StrEnum):
    """Where a process keeps its rows."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


def outcomes_of(tasks: Sequence[tuple[Place, Task]], folder: Path, empty: Path) -> list[Outcome]:
    """Return the outcomes of all tasks; raises RuntimeError when a process fails.

    `empty`: a migrated SQLite file, of which each process gets a copy.
    """
    with _servers(tasks) as servers:
        envs = [
            servers if place is Place.POSTGRESQL else _own(folder / f"worker-{number}", empty)
            for number, (place, _task) in enumerate(tasks)
        ]
        with ThreadPoolExecutor(len(tasks)) as pool:
            parts = pool.map(_run, (task for _place, task in tasks), envs)
            return [outcome for part in parts for outcome in part]


@contextlib.contextmanager
def _servers(tasks: Sequence[tuple[Place, Task]]) -> Iterator[dict[str, str]]:
    if all(place is Place.SQLITE for place, _task in tasks):
        yield {}
        return
    with throwaway_services() as env:
        yield env


def _own(folder: Path, empty: Path) -> dict[str, str]:
    folder.mkdir()
    shutil.copy(empty, folder / "rows.sqlite3")
    return {
        "DATABASE_URL": f"sqlite:///{folder / 'rows.sqlite3'}",
        "ARMATURE_DATA_DIR": str(folder),
    }


def _run(task: Task, env: dict[str, str]) -> list[Outcome]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "benchmarks._planted.worker"],
        input=json.dumps(task.to_dict()),
        env=os.environ | env,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"a process ended with {done.returncode}; what it said stands above")
    return [json.loads(line) for line in done.stdout.splitlines()]
