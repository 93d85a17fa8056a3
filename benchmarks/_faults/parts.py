"""One process of an installation that is killed without a word, and started again."""

import contextlib
import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from config.processes import Service
from config.supervisor import Supervisor


class Part:
    """A service under a supervisor of its own, which is gone before it would start it again."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.log = io.StringIO()
        self._supervisor: Supervisor | None = None

    @property
    def pid(self) -> int:
        """Return the process id; raises RuntimeError when it does not run."""
        found = self._supervisor.pid_of(self.service.name) if self._supervisor else None
        if found is None:
            raise RuntimeError(f"{self.service.name} does not run:\n{self.log.getvalue()[-4000:]}")
        return found

    def start(self) -> None:
        """Start the process; it may take a while to answer."""
        self._supervisor = Supervisor([self.service], self.log)
        self._supervisor.start()

    def kill(self) -> None:
        """Kill the process and everything that it started, all at once."""
        everyone = [self.pid, *descendants(self.pid)]
        for pid in everyone:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.end()

    def end(self) -> None:
        """End the process, if it runs, without waiting for what it does."""
        if self._supervisor is not None:
            self._supervisor.request_stop()
            self._supervisor.stop()  # asked twice: at once
            self._supervisor = None

    def memory_kib(self) -> int:
        """Return what the process and its children hold in memory, each page counted once."""
        return sum(map(_proportional_kib, [self.pid, *descendants(self.pid)]))


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes that a process started, and theirs; those of other sessions too."""
    with contextlib.suppress(OSError):
        for file in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in map(int, file.read_text().split()):
                yield child
                yield from descendants(child)


def _proportional_kib(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
