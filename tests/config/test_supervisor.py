"""The supervisor, with real programs: small Python scripts."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.processes import Service
from config.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]
SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP
# A program with a process of its own, which forgets it when it ends.
FAMILY = (
    "import subprocess, sys; "
    "print('child', subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid,"
    " flush=True); " + SLEEP
)


def python(name: str, code: str, **env: str) -> Service:
    return Service(name, (sys.executable, "-c", code), env)


def wait_until(is_so: Callable[[], bool], timeout_s: float = 15.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def exists(pid: int) -> bool:
    """Return whether a process runs; one that has ended and waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@contextmanager
def supervised(*services: Service) -> Iterator[tuple[Supervisor, io.StringIO]]:
    out = io.StringIO()
    supervisor = Supervisor(services, out)
    supervisor.start()
    try:
        yield supervisor, out
    finally:
        supervisor.request_stop()
        supervisor.stop()


def test_output__two_services__carries_each_name_on_every_line() -> None:
    with supervised(python("web", SLEEP), python("events", SLEEP)) as (_, out):
        wait_until(lambda: out.getvalue().count("up") == 2)

    assert sorted(out.getvalue().splitlines()) == ["events | up", "web    | up"]


def test_output__not_text_and_no_line_end__is_passed_on() -> None:
    code = "import sys; sys.stdout.buffer.write(b'caf\\xe9'); sys.exit(3)"
    with supervised(python("web", code)) as (_, out):
        wait_until(lambda: "exit code 3" in out.getvalue())

    assert out.getvalue().startswith("web | caf\ufffd\n")


def test_service__with_env_and_folder__gets_both(tmp_path: Path) -> None:
    code = "import os; print(os.environ['COLOUR'], os.getcwd(), flush=True); " + SLEEP
    service = Service("web", (sys.executable, "-c", code), {"COLOUR": "blue"}, cwd=tmp_path)
    with supervised(service) as (_, out):
        wait_until(lambda: "up" in out.getvalue())

    assert f"blue {tmp_path.resolve()}" in out.getvalue()


def test_service__killed__starts_again_after_a_pause() -> None:
    with supervised(python("web", SLEEP)) as (supervisor, out):
        wait_until(lambda: "up" in out.getvalue())
        first = supervisor.pid_of("web")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not supervisor.alive("web"))
        assert supervisor.pid_of("web") is None
        wait_until(lambda: supervisor.alive("web"))
        second = supervisor.pid_of("web")

    assert second not in (None, first)
    assert "ended unexpectedly (signal 9); starting again in 1 s" in out.getvalue()


def test_service__that_ends_at_once__waits_longer_each_time() -> None:
    with supervised(python("web", "raise SystemExit(7)")) as (_, out):
        wait_until(lambda: out.getvalue().count("exit code 7") == 3)

    pauses = [line.rsplit(" in ", 1)[1] for line in out.getvalue().splitlines()]
    assert pauses[:3] == ["1 s", "2 s", "4 s"]


def test_service__whose_program_is_missing__is_named() -> None:
    with supervised(Service("web", ("no-such-program",))) as (_, out):
        wait_until(lambda: "starting again" in out.getvalue())

    assert "web | cannot run no-such-program: No such file or directory" in out.getvalue()


def test_service__that_closes_its_output__keeps_running() -> None:
    code = "import os, time; os.close(1); os.close(2); time.sleep(60)"
    with supervised(python("web", code)) as (supervisor, _):
        pid = supervisor.pid_of("web")
        time.sleep(0.6)
        assert supervisor.pid_of("web") == pid


def test_killed_service__with_processes_of_its_own__leaves_none_behind() -> None:
    with supervised(python("web", FAMILY)) as (supervisor, out):
        wait_until(lambda: "up" in out.getvalue())
        grandchild = int(out.getvalue().split("child ")[1].split()[0])
        pid = supervisor.pid_of("web")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: "ended unexpectedly" in out.getvalue())
        wait_until(lambda: not exists(grandchild))


def test_stop__asked_once__ends_every_process_and_restarts_none() -> None:
    with supervised(python("web", FAMILY), python("beat", SLEEP)) as (supervisor, out):
        wait_until(lambda: out.getvalue().count("up") == 2)
        grandchild = int(out.getvalue().split("child ")[1].split()[0])
        pids = [supervisor.pid_of(name) for name in ("web", "beat")]
        supervisor.stop()

        assert not any(supervisor.alive(name) for name in ("web", "beat"))
        wait_until(lambda: not any(exists(pid) for pid in (*pids, grandchild) if pid))
        assert "ended unexpectedly" not in out.getvalue()


def test_stop__asked_twice__kills_what_does_not_listen() -> None:
    with supervised(python("web", STUBBORN)) as (supervisor, out):
        wait_until(lambda: "up" in out.getvalue())
        start = time.monotonic()
        supervisor.request_stop()
        time.sleep(0.5)
        assert supervisor.alive("web")
        supervisor.request_stop()
        supervisor.wait()

    assert time.monotonic() - start < 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_parent__killed__takes_its_children_along() -> None:
    code = f"""
import sys, time
from config.processes import Service
from config.supervisor import Supervisor
supervisor = Supervisor([Service("web", (sys.executable, "-c", {SLEEP!r}))], sys.stdout)
supervisor.start()
print("pid", supervisor.pid_of("web"), flush=True)
time.sleep(60)
"""
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}"}
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=env)
    assert parent.stdout is not None
    lines = (line.decode() for line in parent.stdout)
    child = int(next(line for line in lines if line.startswith("pid")).split()[1])
    next(line for line in lines if "up" in line)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    wait_until(lambda: not exists(child))
