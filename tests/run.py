"""`./armature test`: the checks, then the tests on SQLite, then on PostgreSQL with Redis.

The whole suite runs in as many processes as there are processors. With arguments, only pytest with
those, in one process, on SQLite, or with a first `--pg` on PostgreSQL and Redis.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config.processes import BECOME
from tests.checks import ROOT, clean_environment, run_checks
from tests.services import MissingServerError, postgresql_bin, redis_server, throwaway_services
from tests.workers import MOST_WORKERS

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# What asks for no database, brings its own, simulates or looks at pages runs once.
AGAIN = "(database or servers) and not browser and not slow"
# Pure code and simulations: not even read again.
PURE = (
    "tests/analytics/stats",
    "tests/config/simulation",
    "tests/experiments/assignment",
    "tests/recommenders/algorithms",
)
WORKERS = min(MOST_WORKERS, os.cpu_count() or 1)
# Neighbours stay together, for they share what their module made; who runs out takes from others.
SIDE_BY_SIDE = ("-n", str(WORKERS), "--dist", "worksteal")
STYLE = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one part of the run went; `closing` is pytest's own last line, or a remark."""

    name: str
    passed: bool
    closing: str
    duration_s: float


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for; returns the exit code, 0 when nothing failed."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    if arguments:
        return _run_chosen(arguments)
    outcomes = [_timed("checks", _checks)]
    outcomes += _missing_parts()
    outcomes.append(_timed("SQLite", lambda: _pytest(SIDE_BY_SIDE, {})))
    outcomes.append(_timed("PostgreSQL and Redis", _pytest_on_servers))
    _print_summary(outcomes)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _run_chosen(arguments: Sequence[str]) -> int:
    if arguments[0] != "--pg":
        return 0 if _pytest(arguments, {})[0] else 1
    with throwaway_services() as env:
        return 0 if _pytest(arguments[1:], env)[0] else 1


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave as on Ctrl-C, so that what was started is ended."""
    raise KeyboardInterrupt


def everything_is_required() -> bool:
    """Return whether a missing server or browser is a failure, not a reason to skip."""
    return bool(os.environ.get("CI") or os.environ.get("ARMATURE_REQUIRE_ALL"))


def _timed(name: str, part: Callable[[], tuple[bool, str]]) -> Outcome:
    sys.stdout.write(f"\n── {name} ──\n")
    sys.stdout.flush()
    start = time.monotonic()
    passed, closing = part()
    return Outcome(name, passed, closing, time.monotonic() - start)


def _checks() -> tuple[bool, str]:
    failed = run_checks()
    return not failed, f"failed: {', '.join(failed)}" if failed else "all passed"


def _missing_parts() -> list[Outcome]:
    if any(shutil.which(name) for name in BROWSERS):
        return []
    closing = "Chromium is not installed, so the browser tests are skipped"
    return [Outcome("browser", not everything_is_required(), closing, 0.0)]


def _pytest_on_servers() -> tuple[bool, str]:
    try:
        postgresql_bin()
        redis_server()
    except MissingServerError as error:
        return not everything_is_required(), f"skipped: {error}"
    with throwaway_services() as env:
        ignored = (f"--ignore={folder}" for folder in PURE)
        return _pytest([*SIDE_BY_SIDE, "tests", *ignored, "-m", AGAIN], env)


def _pytest(arguments: Sequence[str], settings: Mapping[str, str]) -> tuple[bool, str]:
    """Run pytest, showing what it says as it comes; returns success and its last line."""
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    argv = [sys.executable, "-m", "pytest", "-p", "tests.workers", *colour, *arguments]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "static").mkdir()  # the static file server warns when it is missing
        env = {**clean_environment(Path(folder)), **settings, "PYTHONUNBUFFERED": "1"}
        if everything_is_required():
            env["ARMATURE_REQUIRE_ALL"] = "1"
        closing, code = _show(argv, env)
    return code == 0, closing


def _show(argv: Sequence[str], env: Mapping[str, str]) -> tuple[str, int]:
    become = [sys.executable, "-S", "-E", str(BECOME), str(os.getpid())]
    process = subprocess.Popen(
        [*become, *argv],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    closing = ""
    try:
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            closing = line.strip() or closing
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
    return STYLE.sub("", closing), process.wait()


def _print_summary(outcomes: Sequence[Outcome]) -> None:
    sys.stdout.write("\n── summary ──\n")
    for outcome in outcomes:
        word = "passed" if outcome.passed else "FAILED"
        sys.stdout.write(f"{outcome.name}: {word} in {outcome.duration_s:.0f} s\n")
        sys.stdout.write(f"{outcome.closing}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
