"""Node with the released JavaScript clients: found, or brought, in a folder that git ignores."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

FILES = Path(__file__).with_name("node")
CACHE = Path(sys.prefix) / "cache" / "standards"
OLDEST = 20  # what OpenFeature's SDK for servers needs
BROUGHT = "node@22.23.3"  # the package that holds the program itself
INSTALL = ("--no-audit", "--no-fund", "--loglevel=error")
INSTALL_S, VERSION_S = 600, 30


class NoNodeError(Exception):
    """Why the JavaScript clients cannot be run here."""


def script(name: str) -> list[str]:
    """Return the start of a command that runs one of our scripts beside the released clients.

    The packages are those of the lock file, installed once for each state of our files. Raises
    NoNodeError when npm is missing or does not reach its registry.
    """
    if shutil.which("npm") is None:
        raise NoNodeError("npm is not installed (apt-get install nodejs npm)")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return [_program(), str(_installed() / name)]


def _program() -> str:
    """Return a Node that is new enough: the system's, else the one that npm brings."""
    system = shutil.which("node")
    if system is not None and _major(system) >= OLDEST:
        return system
    folder = CACHE / BROUGHT
    brought = folder / "node_modules" / ".bin" / "node"
    if not brought.exists():
        folder.mkdir(exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        _npm(folder, "install", "--no-save", BROUGHT)
    if _major(str(brought)) < OLDEST:
        raise NoNodeError(f"Node is older than {OLDEST}, and npm could bring no other")
    return str(brought)


def _major(program: str) -> int:
    """Return the major version of a Node, 0 when it does not run."""
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True, timeout=VERSION_S
        )
        return int(done.stdout.strip().removeprefix("v").split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0


def _installed() -> Path:
    """Return the folder with our scripts and their packages."""
    files = sorted(FILES.iterdir())
    state = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = CACHE / state
    if not (folder / "complete").exists():
        folder.mkdir(exist_ok=True)
        for file in files:
            shutil.copy(file, folder)
        _npm(folder, "ci")
        (folder / "complete").touch()
    return folder


def _npm(folder: Path, verb: str, *arguments: str) -> None:
    command: Sequence[str] = ("npm", verb, *INSTALL, *arguments)
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=INSTALL_S
        )
    except subprocess.TimeoutExpired:
        raise NoNodeError(f"npm {verb} did not end within {INSTALL_S} s") from None
    if done.returncode:
        raise NoNodeError(f"npm {verb} failed: {done.stderr.strip()[-500:]}")


def is_required() -> bool:
    """Return whether a missing Node is a failure, not a reason to skip."""
    return bool(os.environ.get("CI") or os.environ.get("ARMATURE_REQUIRE_ALL"))
