"""The processes that simulate side by side, each with a database of its own."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from pathlib import Path

from benchmarks._planted.study import Outcome
from benchmarks._planted.tasks import Task
from config.driving.background import bar
from tests.services import throwaway_services


class Place(StrEnum):
    """Where a process keeps its rows."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


def outcomes_of(tasks: Sequence[tuple[Place, Task]], folder: Path, empty: Path) -> list[Outcome]:
    """Return the outcomes of all tasks; raises RuntimeError when a process fails.

    `empty`: a migrated SQLite file, of which each process gets a copy. Shows a progress bar.
    """
    total = sum(part.count for _place, task in tasks for part in task.parts)
    with _servers(tasks) as servers, bar("Simulating", total) as progress:
        envs = [
            servers if place is Place.POSTGRESQL else _own(folder / f"worker-{number}", empty)
            for number, (place, _task) in enumerate(tasks)
        ]
        with ThreadPoolExecutor(len(tasks)) as pool:
            told = (
                partial(_run, task, env, progress)
                for (_, task), env in zip(tasks, envs, strict=True)
            )
            parts = [pool.submit(each) for each in told]
            return [outcome for part in parts for outcome in part.result()]


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


def _run(task: Task, env: dict[str, str], progress: Callable[[int], None]) -> list[Outcome]:
    worker = subprocess.Popen(
        [sys.executable, "-P", "-m", "benchmarks._planted.worker"],
        env=os.environ | env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with worker as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(task.to_dict()))
        process.stdin.close()
        found = [_told(line, progress) for line in process.stdout]
    if process.returncode:
        raise RuntimeError(f"a process ended with {process.returncode}; what it said stands above")
    return found


def _told(line: str, progress: Callable[[int], None]) -> Outcome:
    progress(1)
    outcome: Outcome = json.loads(line)
    return outcome
