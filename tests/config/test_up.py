"""`up` as an operator runs it: real web server, workers and beat on a new installation."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.running import wait_ready
from tests.checks import ROOT, clean_environment
from tests.flows.an_installation import copy_embedded

# Slow: it always runs on SQLite, so once is enough.
pytestmark = [pytest.mark.flow, pytest.mark.slow]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def up(port: int, data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up", "--port", str(port)],
        env=clean_environment(data_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def web_server(parent: int) -> int | None:
    """Return the process id of the web server among a process's children."""
    for file in Path(f"/proc/{parent}/task").glob("*/children"):
        for pid in map(int, file.read_text().split()):
            with contextlib.suppress(FileNotFoundError):
                if b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
    return None


def wait_until(is_so: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def running(port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    yield from serving(port, tmp_path)


@pytest.fixture
def running_migrated(port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    copy_embedded(tmp_path)
    yield from serving(port, tmp_path)


def serving(port: int, data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    process = up(port, data_dir)
    wait_ready(f"http://127.0.0.1:{port}/healthz", 120)
    yield process
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


def test_up__new_installation__migrates_serves_and_ends_on_one_signal(
    running: subprocess.Popen[str], port: int, tmp_path: Path
) -> None:
    second = up(port, tmp_path)
    refusal, _ = second.communicate(timeout=60)

    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=30)

    assert refusal == (
        f"CommandError: port {port} of 127.0.0.1 is taken; choose another with --port\n"
    )
    assert second.returncode == 1
    assert running.returncode == 0
    assert f"migrations to {tmp_path / 'armature.sqlite3'}" in said.splitlines()[0]
    assert f"armature serves http://127.0.0.1:{port}/" in said
    assert said.splitlines()[-1] == "armature has stopped"
    assert "ended unexpectedly" not in said


def test_up__its_web_server_is_killed__answers_again(
    running_migrated: subprocess.Popen[str], port: int
) -> None:
    running = running_migrated
    first = web_server(running.pid)
    assert first is not None

    os.kill(first, signal.SIGKILL)
    wait_until(lambda: web_server(running.pid) not in (None, first))

    assert wait_ready(f"http://127.0.0.1:{port}/healthz", 120) < 60
