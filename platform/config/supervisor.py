"""Keeps several programs running under one parent, and ends them together."""

import contextlib
import os
import selectors
import signal
import threading
import time
from collections.abc import Sequence
from typing import TextIO

from config.processes import Child, Service

POLL_S = 0.2
GRACE_S = 15.0  # a Celery worker takes 5 to 10 s to end, idle too
COLOURS = (36, 32, 33, 35, 34)


class Supervisor:
    """Starts services, prefixes their output, restarts what dies and stops all together.

    One thread does everything and is the parent of every child: should it or this process end in
    any way, the kernel ends the children (Linux).
    """

    def __init__(self, services: Sequence[Service], out: TextIO) -> None:
        self._children = {service.name: Child(service) for service in services}
        self._out = out
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._started = threading.Event()
        self._stop_requests = 0
        self._to_restart: dict[str, str] = {}
        self._prefixes = _prefixes(list(self._children), is_coloured=_is_coloured(out))

    def start(self) -> None:
        """Start every service; returns when each has been started once."""
        self._thread.start()
        self._started.wait()

    def request_stop(self) -> None:
        """Ask for the end and return at once; a second request kills. Safe in a signal handler."""
        self._stop_requests += 1

    def restart(self, name: str, why: str) -> None:
        """Have a service killed and started again, and return at once; says why."""
        self._to_restart[name] = why

    def stop(self) -> None:
        """End every service: SIGTERM, and SIGKILL for what is left after GRACE_S seconds."""
        self.request_stop()
        self.wait()

    def wait(self) -> None:
        """Return when a requested stop is complete."""
        if self._thread.ident is not None:
            self._thread.join()

    def pid_of(self, name: str) -> int | None:
        """Return the process id of a service, or None while it is not running."""
        process = self._children[name].process
        return process.pid if process is not None and process.poll() is None else None

    def alive(self, name: str) -> bool:
        """Return whether a service is running now."""
        return self._children[name].is_running

    def _run(self) -> None:
        children = self._children.values()
        try:
            for child in children:
                self._start(child)
            self._started.set()
            while not self._stop_requests:
                self._pump(POLL_S)
                self._kill_stuck()
                self._restart_ended()
            self._end_all()
        finally:
            self._started.set()
            for child in children:
                child.signal_group(signal.SIGKILL)

    def _start(self, child: Child) -> None:
        now = time.monotonic()
        try:
            child.start(now)
        except OSError as error:  # out of processes or memory: try again later
            self._say(child, f"could not be started: {error}")
            child.bury(now)

    def _kill_stuck(self) -> None:
        """Kill what was asked to be restarted: a process that is stuck hears nothing else."""
        while self._to_restart:
            name, why = self._to_restart.popitem()
            child = self._children[name]
            if child.process is not None and child.is_running:
                self._say(child, f"is stuck: {why}")
                child.signal_group(signal.SIGKILL)
                child.process.wait()

    def _restart_ended(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            if child.is_running:
                continue
            if child.process is None:
                if now >= child.restart_at:
                    self._start(child)
            else:
                self._bury(child, now)

    def _bury(self, child: Child, now: float) -> None:
        """Report an end that nobody asked for."""
        code = child.process.returncode if child.process else None
        for line in child.bury(now):
            self._say(child, line)
        child.process = None
        wait_s = child.restart_at - now
        self._say(child, f"ended unexpectedly ({_reason(code)}); starting again in {wait_s:.0f} s")

    def _end_all(self) -> None:
        children = [child for child in self._children.values() if child.process is not None]
        for child in children:
            child.ask_to_end()
        deadline = time.monotonic() + GRACE_S
        while any(child.is_running for child in children):
            self._pump(POLL_S / 2)
            if time.monotonic() > deadline or self._stop_requests > 1:
                break
        for child in children:
            child.signal_group(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
            for line in child.bury(time.monotonic()):
                self._say(child, line)

    def _pump(self, timeout_s: float) -> None:
        """Pass on what the children wrote; takes up to `timeout_s` seconds."""
        with selectors.DefaultSelector() as selector:
            for child in self._children.values():
                stdout = child.process.stdout if child.process else None
                if stdout and not stdout.closed and child.is_running:
                    selector.register(stdout, selectors.EVENT_READ, child)
            if not selector.get_map():
                time.sleep(timeout_s)
                return
            for key, _ in selector.select(timeout_s):
                for line in key.data.read_lines():
                    self._say(key.data, line)

    def _say(self, child: Child, line: str) -> None:
        # A closed terminal must not stop the services.
        with contextlib.suppress(OSError, ValueError):
            self._out.write(f"{self._prefixes[child.service.name]}{line}\n")
            self._out.flush()


def _prefixes(names: list[str], *, is_coloured: bool) -> dict[str, str]:
    width = max(map(len, names), default=0)
    plain = {name: f"{name:<{width}} | " for name in names}
    if not is_coloured:
        return plain
    return {
        name: f"\x1b[{COLOURS[index % len(COLOURS)]}m{plain[name]}\x1b[0m"
        for index, name in enumerate(names)
    }


def _is_coloured(out: TextIO) -> bool:
    return out.isatty() and "NO_COLOR" not in os.environ


def _reason(code: int | None) -> str:
    if code is None:
        return "unknown"
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
