"""Private, throwaway PostgreSQL and Redis servers for one run of the tests.

`with throwaway_services() as env:` yields the variables that point an installation at them.
Fast and careless on purpose: nothing is flushed to disk and everyone on this machine may connect.
"""

import contextlib
import io
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.processes import Service
from config.supervisor import Supervisor
from tests.workers import MOST_WORKERS, REDIS_SHARE

START_S = 30.0
REDIS_DATABASES = REDIS_SHARE * MOST_WORKERS
CONNECTIONS = 25 * MOST_WORKERS
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
MANY = (f"max_connections={CONNECTIONS}",)
PREFIX = "armature-services-"


class MissingServerError(Exception):
    """A server program that is not installed."""


def postgresql_bin() -> Path:
    """Return the folder of PostgreSQL's server programs; raises MissingServerError."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_major_version)
    found = str(debian[-1]) if debian else shutil.which("initdb")
    if found is None:
        raise MissingServerError("PostgreSQL's server is not installed")
    return Path(found).parent


def redis_server() -> str:
    """Return the path of Redis's server; raises MissingServerError."""
    if found := shutil.which("redis-server"):
        return found
    raise MissingServerError("Redis's server is not installed")


@contextlib.contextmanager
def throwaway_services() -> Iterator[dict[str, str]]:
    """Start both servers on free ports; they and their files are gone afterwards."""
    programs, redis = postgresql_bin(), redis_server()
    _remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o755)
    log = io.StringIO()
    postgresql_port, redis_port = _free_ports(2)
    services = (
        _postgresql(programs, folder / "postgresql", postgresql_port),
        _redis(redis, folder, redis_port),
    )
    supervisor = Supervisor(services, log)
    try:
        supervisor.start()
        _wait_for("PostgreSQL", lambda: _accepts(programs, postgresql_port), log)
        _wait_for("Redis", lambda: _pongs(redis_port), log)
        yield {
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{postgresql_port}/postgres",
            "ARMATURE_BROKER_URL": f"redis://127.0.0.1:{redis_port}/0",
            "ARMATURE_CACHE_URL": f"redis://127.0.0.1:{redis_port}/1",
        }
    finally:
        supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def a_postgresql_to_kill() -> Iterator[tuple[str, Callable[[], None]]]:
    """Start a PostgreSQL server of one test's own; yields its URL and what kills it for good."""
    with a_postgresql_to_restart() as (url, kill, _start):
        yield url, kill


@contextlib.contextmanager
def a_postgresql_to_restart() -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """Start a PostgreSQL server of one test's own; yields its URL, what kills and what starts it.

    What it committed outlives a kill of the server, though not of the machine.
    """
    programs = postgresql_bin()
    _remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o755)
    log = io.StringIO()
    (port,) = _free_ports(1)
    server = _postgresql(programs, folder / "postgresql", port, ("fsync=off",))
    running: list[Supervisor] = []

    def kill() -> None:
        for supervisor in running:
            supervisor.request_stop()
            supervisor.stop()  # asked twice: at once
        running.clear()

    def start() -> None:
        running.append(Supervisor([server], log))
        running[-1].start()
        _wait_for("PostgreSQL", lambda: _accepts(programs, port), log)

    try:
        start()
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres", kill, start
    finally:
        kill()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Durable:
    """Servers that keep what they committed, not started yet, and how to tell that they answer."""

    postgresql: Service
    redis: Service
    env: dict[str, str]
    await_postgresql: Callable[[], None]
    await_redis: Callable[[], None]


def durable_servers(folder: Path) -> Durable:
    """Prepare both servers in a folder, flushing to disk as by default; the caller starts them.

    Redis keeps nothing: what it holds may be lost. Raises MissingServerError.
    """
    programs, redis = postgresql_bin(), redis_server()
    folder.chmod(0o755)
    ports = _free_ports(2)
    log = io.StringIO()
    return Durable(
        _postgresql(programs, folder / "postgresql", ports[0], ()),
        _redis(redis, folder, ports[1]),
        {
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{ports[0]}/postgres",
            "ARMATURE_BROKER_URL": f"redis://127.0.0.1:{ports[1]}/0",
            "ARMATURE_CACHE_URL": f"redis://127.0.0.1:{ports[1]}/1",
        },
        lambda: _wait_for("PostgreSQL", lambda: _accepts(programs, ports[0]), log),
        lambda: _wait_for("Redis", lambda: _pongs(ports[1]), log),
    )


def _postgresql(
    programs: Path, data: Path, port: int, settings: Sequence[str] = CARELESS
) -> Service:
    data.mkdir(mode=0o700)
    as_owner = _as_nobody(data) if os.geteuid() == 0 else ()
    who = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    initdb = (*as_owner, str(programs / "initdb"), "-D", str(data), *who)
    subprocess.run(initdb, check=True, cwd="/", stdout=subprocess.DEVNULL)
    where = ("-D", str(data), "-p", str(port), "-k", str(data), "-h", "127.0.0.1")
    how = [word for setting in (*settings, *MANY) for word in ("-c", setting)]
    return Service(
        "postgresql", (*as_owner, str(programs / "postgres"), *where, *how), cwd=Path("/")
    )


def _as_nobody(data: Path) -> tuple[str, ...]:
    """Give a folder to `nobody` and return the command that runs as them: PostgreSQL refuses root.

    The kernel forgets whose death ends a process when its user changes, so it is told again.
    """
    shutil.chown(data, "nobody", "nogroup")
    ids = ("--reuid=nobody", "--regid=nogroup", "--clear-groups")
    return ("setpriv", *ids, "--pdeathsig=TERM")


def _redis(program: str, folder: Path, port: int) -> Service:
    where = ("--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder))
    how = ("--save", "", "--appendonly", "no", "--databases", str(REDIS_DATABASES))
    return Service("redis", (program, *where, *how))


def _accepts(programs: Path, port: int) -> bool:
    argv = (str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port))
    return subprocess.run(argv, check=False).returncode == 0


def _pongs(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _wait_for(name: str, is_ready: Callable[[], bool], log: io.StringIO) -> None:
    deadline = time.monotonic() + START_S
    while not is_ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{name} did not start within {START_S:.0f} s:\n{log.getvalue()}")
        time.sleep(0.05)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _remove_leftovers() -> None:
    """Remove the files of runs that were killed; their servers ended with them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not _exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _major_version(initdb: Path) -> int:
    name = initdb.parents[1].name
    return int(name) if name.isdigit() else 0
