"""Every way in a process of its own, in turn, so that a slow minute strikes all alike."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Answer = dict[str, Any]


@dataclass
class Taken:
    """What one way took: seconds of each repeat, the most memory, and what it answered at last."""

    name: str
    seconds: list[float] = field(default_factory=list)
    peak_mib: dict[str, float] = field(default_factory=dict)
    answer: Answer = field(default_factory=dict)


def taken_by(names: Sequence[str], repeats: int) -> list[Taken]:
    """Return what each way took; all go once to warm up, then in turn."""
    taken = [Taken(name) for name in names]
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(_a_worker(name)) for name in names]
        for repeat in range(repeats + 1):
            for one, worker in zip(taken, workers, strict=True):
                told = _told(one.name, worker)
                one.peak_mib, one.answer = told["peak_mib"], told
                if repeat:
                    one.seconds.append(told["s"])
    return taken


@contextlib.contextmanager
def _a_worker(name: str) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-P", "-m", "benchmarks._analysis.worker", name]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as worker:
        try:
            assert worker.stdout is not None
            if worker.stdout.readline() != "ready\n":
                raise RuntimeError(f"{name} ended before it was ready")
            yield worker
        finally:
            assert worker.stdin is not None
            worker.stdin.close()


def _told(name: str, worker: "subprocess.Popen[str]") -> Answer:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError(f"{name} ended; what it said stands above")
    told: Answer = json.loads(line)
    return told
