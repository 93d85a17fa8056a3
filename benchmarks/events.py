"""`./armature bench events`: how fast events are accepted and applied, beside bare ways.

Servers of its own, flushing to disk as by default, and SQLite in a folder of its own.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import django

from config.supervisor import Supervisor
from tests.services import durable_servers


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Run PostgreSQL and Redis; yield what points an installation at them."""
    with tempfile.TemporaryDirectory(prefix="armature-bench-") as name:
        both = durable_servers(Path(name))
        supervisor = Supervisor((both.postgresql, both.redis), io.StringIO())
        try:
            supervisor.start()
            both.await_postgresql()
            both.await_redis()
            yield {**both.env, "ARMATURE_DATA_DIR": name}
        finally:
            supervisor.stop()


def main(arguments: Sequence[str]) -> int:
    """Measure and print tables; 0 always."""
    options = _parser().parse_args(arguments)
    if options.database == "sqlite":
        with tempfile.TemporaryDirectory(prefix="armature-bench-") as folder:
            _measure({"DATABASE_URL": "", "ARMATURE_DATA_DIR": folder}, options)
        return 0
    with servers() as env:
        _measure(env, options)
    # Settings are read once in a process.
    return subprocess.call([sys.executable, "-m", "config.bench", *_again(arguments)])


def _again(arguments: Sequence[str]) -> list[str]:
    return ["events", *arguments, "--database", "sqlite"]


def _measure(env: dict[str, str], options: argparse.Namespace) -> None:
    os.environ.update(env)
    _set_up()
    from benchmarks._events.report import report

    report(options)


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="armature bench events", description=__doc__)
    parser.add_argument("--events", type=int, default=50_000, help="events of one measurement")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--rows", type=int, nargs="*", default=[], help="sizes of ledger and events, smallest first"
    )
    parser.add_argument(
        "--today", type=int, nargs="*", default=[], help="rows of the day at hand to add, in turn"
    )
    parser.add_argument("--database", choices=["both", "sqlite"], default="both")
    return parser
