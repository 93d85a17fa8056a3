"""An installation whose parts can be killed one by one, on servers of its own or embedded."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks._faults.client import Batch
from benchmarks._faults.parts import Part
from benchmarks._ports import free_port
from config.running import default_services, wait_ready
from tests.checks import ROOT, clean_environment
from tests.flows.an_installation import MIGRATE, copy_embedded
from tests.services import PREFIX, Durable, durable_servers

START_S = 300.0  # on a machine that has much else to do
PARTS = ("web", "events", "beat")
PREPARE = """
from experiments.keys import create_api_key
from tests.factories import a_site, running_experiment
site = a_site()
running_experiment(site)
print(json.dumps(create_api_key(site=site, name="faults")[1]))
"""
# What forgets an id that was applied. On SQLite nothing is written beside the drain, which looks an
# id up before it enters it: without its key the ledger still works, without its rows it does not.
FORGET = {
    True: "ALTER TABLE experiments_ledgerentry DROP CONSTRAINT experiments_ledgerentry_pkey",
    False: "CREATE TRIGGER forget AFTER INSERT ON experiments_ledgerentry BEGIN"
    " DELETE FROM experiments_ledgerentry WHERE event_id = NEW.event_id; END",
}


@dataclass(frozen=True)
class Shop:
    """A running installation: its address, its key, its parts by name, its files."""

    url: str
    secret: str
    parts: dict[str, Part]
    env: dict[str, str]
    servers: Durable | None
    books: list[Batch] = field(default_factory=list)
    """Every batch that a scenario on this installation sent and may have been stored."""

    @property
    def is_embedded(self) -> bool:
        """Return whether SQLite is the database."""
        return self.servers is None

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query, read from outside."""
        with contextlib.closing(self.connect()) as connection:
            return [tuple(row) for row in connection.execute(sql).fetchall()]

    def connect(self) -> Any:
        """Return a new connection to the database, past the installation."""
        if url := self.env["DATABASE_URL"]:
            return psycopg.connect(url, autocommit=True)
        path = Path(self.env["ARMATURE_DATA_DIR"]) / "armature.sqlite3"
        return sqlite3.connect(path, timeout=20, isolation_level=None)

    def manage(self, code: str) -> Any:
        """Return what code in a process of this installation prints, as JSON."""
        return _python(code, self.env)

    def break_the_key(self) -> None:
        """Take away what makes an event id an identity for ever."""
        with contextlib.closing(self.connect()) as connection:
            connection.execute(FORGET[not self.is_embedded])

    def restart(self, name: str) -> None:
        """Start a part that was killed; returns when it answers."""
        self.parts[name].start()
        if name == "web":
            wait_ready(f"{self.url}/healthz", START_S)
        if self.servers and name in {"postgresql", "redis"}:
            wait = {"postgresql": self.servers.await_postgresql, "redis": self.servers.await_redis}
            wait[name]()


@contextlib.contextmanager
def a_shop(*, is_embedded: bool, workers: int = 1, **settings: str) -> Iterator[Shop]:
    """Start an installation with one running experiment; it is gone afterwards.

    `settings`: variables of the installation. Raises MissingServerError without the servers.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    parts: dict[str, Part] = {}
    try:
        data = folder / "data"
        data.mkdir()
        servers = None if is_embedded else _servers(folder, parts)
        env = {**clean_environment(data), "DATABASE_URL": "", "ARMATURE_BROKER_URL": ""}
        env |= (servers.env if servers else {}) | settings
        if is_embedded:
            copy_embedded(data)
        secret = _python(("" if is_embedded else MIGRATE) + PREPARE, env)
        url = _start(parts, env, workers)
        yield Shop(url, secret, parts, env, servers)
    except BaseException:
        for name, part in parts.items():
            sys.stderr.write(f"── {name} ──\n{part.log.getvalue()[-3000:]}\n")
        raise
    finally:
        for part in reversed(parts.values()):
            part.end()
        shutil.rmtree(folder, ignore_errors=True)


def _servers(folder: Path, parts: dict[str, Part]) -> Durable:
    servers = durable_servers(folder)
    parts |= {"postgresql": Part(servers.postgresql), "redis": Part(servers.redis)}
    for part in parts.values():
        part.start()
    servers.await_postgresql()
    servers.await_redis()
    return servers


def _start(parts: dict[str, Part], env: dict[str, str], workers: int) -> str:
    """Start web, worker and beat; return the address once it answers."""
    port = free_port()
    for service in default_services(port=port, workers=workers, env=env):
        if service.name in PARTS:
            parts[service.name] = Part(service)
            parts[service.name].start()
    url = f"http://127.0.0.1:{port}"
    wait_ready(f"{url}/healthz", START_S)
    return url


def wait_until(is_so: Callable[[], bool], *, timeout_s: float, what: str) -> float:
    """Return the seconds until something was so; raises TimeoutError when it never was."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > timeout_s:
            raise TimeoutError(f"waited {timeout_s:.0f} s in vain for {what}")
        time.sleep(0.02)
    return time.monotonic() - began


def _python(code: str, env: dict[str, str]) -> Any:
    argv: Sequence[str] = (sys.executable, "-c", "import json, django; django.setup()\n" + code)
    quiet = {"DJANGO_SETTINGS_MODULE": "config.settings", "ARMATURE_LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        argv,
        env={**os.environ, **env, **quiet},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    return json.loads(done.stdout) if done.stdout.strip() else None
