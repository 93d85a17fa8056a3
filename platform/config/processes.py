"""One supervised process: its start, its output by lines, its end and its back-off."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

BACK_OFF_S = (1.0, 30.0)  # first and longest wait before a restart
STEADY_S = 30.0  # a process that ran this long starts with the first wait again
READ_BYTES = 65_536
LONGEST_LINE = 65_536  # output without line ends is cut here, so that it cannot fill memory
BECOME = Path(__file__).with_name("child.py")


@dataclass(frozen=True, slots=True)
class Service:
    """A program to keep running; `env` is added to this process's own."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None


class Child:
    """The running, ended or waiting process of one service. Times are seconds of one clock."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.process: subprocess.Popen[bytes] | None = None
        self.restart_at = 0.0
        self._wait_s = BACK_OFF_S[0]
        self._started_at = 0.0
        self._partial = b""

    def start(self, now: float) -> None:
        """Start the program in a process group of its own; it dies with the calling thread."""
        service = self.service
        become = [sys.executable, "-S", "-E", str(BECOME), str(os.getpid())]
        self.process = subprocess.Popen(
            [*become, *service.argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **service.env},
            cwd=service.cwd,
            process_group=0,
        )
        self._started_at = now
        if self.process.stdout:
            os.set_blocking(self.process.stdout.fileno(), False)

    @property
    def is_running(self) -> bool:
        """Return whether the program runs now."""
        return self.process is not None and self.process.poll() is None

    def read_lines(self) -> list[str]:
        """Return the complete lines written since the last call, without waiting for more."""
        if self.process is None or self.process.stdout is None or self.process.stdout.closed:
            return []
        chunk = self.process.stdout.read(READ_BYTES)
        if chunk == b"":  # the program closed its output, and may well run on
            self.process.stdout.close()
        *lines, self._partial = (self._partial + (chunk or b"")).split(b"\n")
        if len(self._partial) > LONGEST_LINE:
            lines, self._partial = [*lines, self._partial], b""
        return [line.decode(errors="replace").rstrip("\r") for line in lines]

    def bury(self, now: float) -> list[str]:
        """Kill what is left of an ended process's group, set the restart, return its last words."""
        self.signal_group(signal.SIGKILL)
        words = self.read_lines()
        if self._partial:
            words, self._partial = [*words, self._partial.decode(errors="replace")], b""
        if self.process and self.process.stdout:
            self.process.stdout.close()
        if now - self._started_at >= STEADY_S:
            self._wait_s = BACK_OFF_S[0]
        self.restart_at = now + self._wait_s
        self._wait_s = min(2 * self._wait_s, BACK_OFF_S[1])
        return words

    def ask_to_end(self) -> None:
        """Send SIGTERM to the program alone: it knows best how to end its own processes."""
        if self.process is not None and self.is_running:
            self.process.terminate()

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to every process of the group; nothing happens when all are gone."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)
