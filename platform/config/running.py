"""What one installation runs (web server, workers, beat), and whether it answers."""

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from config.processes import Service

ROOT = Path(__file__).resolve().parents[2]
# More than may wait for events and pages together (experiments/api/shedding.py): one at least is
# always left for lists.
WEB_THREADS = 20
# Connections that the kernel holds for us; beyond it a client is refused by its own.
WEB_BACKLOG = 1024
# A server told to end while it still starts waits for its workers for ever without a limit.
WEB_END_S = 5
# The embedded broker is polled, so workers that talk to each other only cost time.
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")
PROBE_S = 0.1
# Said twice at every start in a container; the prefix is matched as it stands.
ROOT_WARNING = "ignore:You're running the worker with superuser privileges"


def default_services(
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    workers: int = 1,
    env: Mapping[str, str] | None = None,
) -> tuple[Service, ...]:
    """Return the web server, the three Celery workers and beat; `env` is added to each's own."""
    commands = {
        "web": _web(host, port, workers),
        "events": _worker("events"),
        "compute": _worker("compute"),
        # It only waits for the process that trains, so it needs no pool of its own.
        "training": _worker("training", "--pool", "solo"),
        "beat": _celery("beat", "--max-interval", "5"),
    }
    path = os.pathsep.join((str(ROOT), str(ROOT / "platform")))
    shared = {
        "PYTHONPATH": path,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONWARNINGS": ROOT_WARNING,
    }
    full = {**shared, **(env or {})}
    return tuple(Service(name, argv, full, cwd=ROOT) for name, argv in commands.items())


def _web(host: str, port: int, workers: int) -> tuple[str, ...]:
    where = ("--host", host, "--port", str(port), "--workers", str(workers))
    how = ("--interface", "wsgi", "--no-ws", "--blocking-threads", str(WEB_THREADS))
    calm = ("--log-level", "error", "--respawn-failed-workers", "--respawn-interval", "1")
    limits = ("--workers-kill-timeout", str(WEB_END_S), "--backlog", str(WEB_BACKLOG))
    serve = (*how, *calm, *limits, *where)
    return (sys.executable, "-m", "granian", *serve, "config.wsgi:application")


def _worker(queue: str, *more: str) -> tuple[str, ...]:
    return _celery("worker", "-Q", queue, "-c", "1", *more, *QUIET, "-n", f"{queue}@%h")


def _celery(*arguments: str) -> tuple[str, ...]:
    return (
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config",
        *arguments,
        "--loglevel",
        "WARNING",
    )


def port_is_free(host: str, port: int) -> bool:
    """Return whether nobody listens there. The web server would share a taken port silently."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        # Without this a port that was in use a minute ago would be refused.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError:
            return False
    return True


def wait_ready(url: str, timeout_s: float = 60.0) -> float:
    """Return the seconds until `url` answered 200; raises TimeoutError when it never did."""
    start = time.monotonic()
    why = "no answer"
    while (waited_s := time.monotonic() - start) < timeout_s:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own server
                if answer.status == 200:
                    return waited_s
        except (OSError, urllib.error.URLError) as error:
            why = str(error)
        time.sleep(PROBE_S)
    raise TimeoutError(f"{url} did not answer within {timeout_s:.0f} s: {why}")
