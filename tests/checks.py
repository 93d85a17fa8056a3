"""`./armature check`: every check that is not a test, all of them run, all failures shown."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
MANAGE = (sys.executable, "manage.py")
ROOMS = ("platform/config", "experiments", "recommenders", "analytics")
# As an operator would set it up; nothing is connected to.
PRODUCTION = {
    "ARMATURE_PRODUCTION": "1",
    "ARMATURE_SECRET_KEY": "only-for-the-deployment-check-" + "0123456789abcdef" * 4,
    "ARMATURE_ALLOWED_HOSTS": "shop.example",
    "DATABASE_URL": "postgresql://armature@127.0.0.1/armature",
    "ARMATURE_BROKER_URL": "redis://127.0.0.1/0",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One command that ends with 0 when all is well."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


CHECKS = (
    Check("lint", (str(BIN / "ruff"), "check", ".")),
    Check("format", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
    Check("types", (str(BIN / "mypy"), *ROOMS, "tests", "benchmarks")),
    Check("imports", (str(BIN / "lint-imports"), "--no-cache")),
    Check("system", (*MANAGE, "check", "--fail-level", "WARNING")),
    Check("deployment", (*MANAGE, "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
    Check("migrations", (*MANAGE, "makemigrations", "--check", "--dry-run")),
)


def clean_environment(data_dir: Path) -> dict[str, str]:
    """Return this process's environment without an installation's settings, data kept apart."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ARMATURE_", "DJANGO_")) and name != "DATABASE_URL"
    }
    path = os.pathsep.join((str(ROOT), str(ROOT / "platform")))
    return {**kept, "ARMATURE_DATA_DIR": str(data_dir), "PYTHONPATH": path}


def run_checks() -> list[str]:
    """Run the checks side by side, print what the failing ones say, and return their names."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        started = []
        for check in CHECKS:
            # A folder each: three of them would make the installation's secret key at once.
            env = clean_environment(Path(folder) / check.name)
            started.append((check, stack.enter_context(_started(check, env))))
        return [check.name for check, process in started if not _passes(check, process)]


@contextlib.contextmanager
def _started(check: Check, env: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Start a check; it does not outlive the block."""
    with subprocess.Popen(
        check.argv,
        cwd=ROOT,
        env={**env, **check.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _passes(check: Check, process: subprocess.Popen[str]) -> bool:
    """Wait for a check and print how it went; returns whether it passed."""
    said, _ = process.communicate()
    if process.returncode:
        sys.stdout.write(said)
    sys.stdout.write(f"check {check.name}: {'failed' if process.returncode else 'ok'}\n")
    sys.stdout.flush()
    return process.returncode == 0


def main() -> int:
    """Return 0 when every check passed, else 1."""
    return 1 if run_checks() else 0


if __name__ == "__main__":
    sys.exit(main())
