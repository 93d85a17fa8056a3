"""`./armature check`: every check that is not a test, all of them run, all failures shown."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
MANAGE = (sys.executable, "manage.py")
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
    Check("types", (str(BIN / "mypy"),)),
    Check("types of tests", (str(BIN / "mypy"), "tests", "benchmarks")),
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
    """Run every check, print what the failing ones say, and return their names."""
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        env = clean_environment(Path(folder))
        for check in CHECKS:
            if not _passes(check, env):
                failed.append(check.name)
    return failed


def _passes(check: Check, env: Mapping[str, str]) -> bool:
    done = subprocess.run(
        check.argv,
        cwd=ROOT,
        env={**env, **check.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stdout.write(done.stdout)
    sys.stdout.write(f"check {check.name}: {'failed' if done.returncode else 'ok'}\n")
    sys.stdout.flush()
    return done.returncode == 0


def main() -> int:
    """Return 0 when every check passed, else 1."""
    return 1 if run_checks() else 0


if __name__ == "__main__":
    sys.exit(main())
