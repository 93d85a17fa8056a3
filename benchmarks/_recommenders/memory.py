"""What two processes hold that serve the same: read from the kernel's books, not worked out."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WORKERS = 2
KIB_OF_MIB = 1024


@dataclass(frozen=True)
class Held:
    """What each process holds, on average over them, in MiB.

    `mapped_rss`, `mapped_pss`: of the artifact's files, resident, and with shared pages divided by
    those who share them; `own`: what it alone holds since before it loaded anything.
    """

    name: str
    processes: int
    mapped_rss: float
    mapped_pss: float
    own: float


def held_by_workers(name: str, arguments: Sequence[str], *, workers: int = WORKERS) -> list[Held]:
    """Return what one process holds alone, and what each does when there are `workers` of them."""
    found = []
    with contextlib.ExitStack() as stack:
        holders: list[subprocess.Popen[str]] = []
        for count in range(1, workers + 1):
            holders.append(stack.enter_context(_a_holder(arguments)))
            if count in (1, workers):
                found.append(_held(name, [_told(holder) for holder in holders]))
    return found


def _held(name: str, told: list[dict[str, int]]) -> Held:
    def mean(key: str) -> float:
        return sum(each[key] for each in told) / len(told) / KIB_OF_MIB

    return Held(name, len(told), mean("Rss"), mean("Pss"), mean("own"))


@contextlib.contextmanager
def _a_holder(arguments: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Start a holder and yield it once it holds; end it afterwards."""
    argv = [sys.executable, "-P", "-m", "benchmarks._recommenders.holder", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as holder:
        try:
            assert holder.stdout is not None
            if holder.stdout.readline() != "ready\n":
                raise RuntimeError(f"the holder of {arguments[0]} ended before it was ready")
            yield holder
        finally:
            assert holder.stdin is not None
            holder.stdin.close()


def _told(holder: subprocess.Popen[str]) -> dict[str, int]:
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write("tell\n")
    holder.stdin.flush()
    told: dict[str, int] = json.loads(holder.stdout.readline())
    return told
