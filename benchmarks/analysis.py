"""`./armature bench analysis`: a report's sums and statistics, beside bare queries and peers.

One experiment's events, lists and units, in a PostgreSQL of its own and in Parquet by day as
exports are. Each way runs in a process of its own, in turn with the others, and gives the same
integers; revenue per unit and click-through are asked of each within seven days. A way's memory is
the most that its process held, and the process of PostgreSQL that answered it.
"""

import argparse
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import django

from config.bench import Settings
from config.supervisor import Supervisor
from tests.services import durable_servers


def main(arguments: Sequence[str]) -> int:
    """Measure, print tables, write JSON; 1 when an aim is missed, but for a quick run."""
    options = _parser().parse_args(arguments)
    if options.quick:
        options.events, options.units, options.repeats = 20_000, 2_000, 1
    with tempfile.TemporaryDirectory(prefix="armature-bench-") as name:
        folder = Path(name)
        with _a_server(folder) as env:
            os.environ.update(env)
            is_met = _measure(options, folder)
    return 0 if is_met or options.quick else 1


def _measure(options: argparse.Namespace, folder: Path) -> bool:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    # These read tables, so that an installation has to be there.
    from benchmarks._analysis.all import everything
    from benchmarks._analysis.size import Size

    size = Size(options.events, options.units)
    settings = Settings(options.repeats, options.seed)
    found = everything(size, settings, folder)
    sys.stdout.write(found.text + "\n")
    if options.json:
        options.json.write_text(json.dumps(asdict(found), indent=2) + "\n")
    return all(aim.is_met for aim in found.aims)


@contextmanager
def _a_server(folder: Path) -> Iterator[dict[str, str]]:
    """Run PostgreSQL, flushing to disk as by default; yield what points an installation at it."""
    servers = durable_servers(folder)
    supervisor = Supervisor((servers.postgresql,), io.StringIO())
    try:
        supervisor.start()
        servers.await_postgresql()
        yield {
            "DATABASE_URL": servers.env["DATABASE_URL"],
            "ARMATURE_DATA_DIR": str(folder / "data"),
            "ARMATURE_METRIC_TIMEOUT": "0",
            "ARMATURE_LOG_LEVEL": "WARNING",
        }
    finally:
        supervisor.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="armature bench analysis", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--units", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a few rows: does it run at all?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    return parser
