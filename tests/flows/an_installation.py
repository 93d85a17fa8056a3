"""An installation of its own: database, web server, worker and beat, as `up` runs them."""

import atexit
import contextlib
import functools
import io
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from config.running import default_services, wait_ready
from config.supervisor import Supervisor
from tests.checks import ROOT, clean_environment
from tests.workers import REDIS_SHARE, numbered

MIGRATE = """
from django.core.management import call_command
from config.installation import bring_up_to_date
call_command("migrate", verbosity=0, interactive=False)
bring_up_to_date(lambda said: None)
"""


@dataclass(frozen=True)
class Installation:
    """A running installation and the ways into it."""

    url: str
    env: dict[str, str]
    supervisor: Supervisor
    log: io.StringIO

    def manage(self, code: str) -> Any:
        """Return what code in a process of this installation prints, as JSON."""
        return _python(code, self.env)

    def row(self, sql: str) -> Sequence[Any]:
        """Return the first row of a query, read from outside."""
        with contextlib.closing(self._connect()) as connection:
            found = connection.execute(sql).fetchone()
        assert found is not None
        return tuple(found)

    def _connect(self) -> Any:
        if url := self.env["DATABASE_URL"]:
            return psycopg.connect(url)
        path = Path(self.env["ARMATURE_DATA_DIR"]) / "armature.sqlite3"
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)


def wait_until(is_so: Callable[[], bool], timeout_s: float = 120.0) -> None:
    """Return once something is so; raises AssertionError when it never was."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@contextlib.contextmanager
def running(
    data_dir: Path,
    servers: dict[str, str],
    *,
    prepare: str,
    parts: Sequence[str] = ("web", "events", "beat"),
    workers: int = 1,
) -> Iterator[Any]:
    """Start an installation, yield it with what `prepare` printed, and end it.

    `servers`: the variables of its database and broker; none for the embedded ones. `prepare`:
    code that runs once its tables are there. `parts`: the services to start; `workers`: how many
    processes serve the web.
    """
    # Named though empty: a service inherits what this process has and is not told otherwise.
    env = {**clean_environment(data_dir), "DATABASE_URL": "", "ARMATURE_BROKER_URL": "", **servers}
    if not servers:
        copy_embedded(data_dir)
    prepared = _python((MIGRATE if servers else "") + prepare, env)
    port = _free_port()
    log = io.StringIO()
    services = [
        each for each in default_services(port=port, workers=workers, env=env) if each.name in parts
    ]
    supervisor = Supervisor(services, log)
    try:
        supervisor.start()
        url = f"http://127.0.0.1:{port}"
        wait_ready(f"{url}/healthz", 60)
        yield Installation(url, env, supervisor, log), prepared
    except BaseException:
        sys.stderr.write(log.getvalue()[-8000:])
        raise
    finally:
        supervisor.request_stop()
        supervisor.stop()  # asked twice: at once


def copy_embedded(data_dir: Path) -> None:
    """Fill a folder with an embedded installation's files, its tables made and empty."""
    shutil.copytree(_embedded(), data_dir, dirs_exist_ok=True)


@functools.cache
def _embedded() -> Path:
    """Make those files once for this process; migrating takes longer than most tests."""
    folder = Path(tempfile.mkdtemp(prefix="armature-embedded-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _python(MIGRATE, clean_environment(folder))
    (folder / "secret_key").unlink()  # each installation makes its own
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _python(code: str, env: dict[str, str]) -> Any:
    start = "import json, django; django.setup()\n"
    done = subprocess.run(
        [sys.executable, "-c", start + code],
        env={**env, "DJANGO_SETTINGS_MODULE": "config.settings", "ARMATURE_LOG_LEVEL": "ERROR"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout) if done.stdout.strip() else None


@contextlib.contextmanager
def servers_of_this_run() -> Iterator[dict[str, str]]:
    """Give an installation a database and a broker of its own on this test run's servers."""
    url, broker = os.environ["DATABASE_URL"], os.environ["ARMATURE_BROKER_URL"]
    name = f"installation_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {
                "DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{name}")),
                "ARMATURE_BROKER_URL": numbered(broker, REDIS_SHARE - 1),
            }
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
