"""`./armature bench aa`: an A/A replay of many units, from the rows to its figures.

A made-up site in a database of files: visitors with lists, clicks, orders with a heavy tail, and
orders of the weeks before. Reading what they did and splitting them are timed apart.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import django

METRICS = ("conversion", "revenue_per_unit", "ctr", "aov", "add_to_cart_rate")
MIB = 1024  # of what the kernel counts in KiB


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds and memory of one replay, and what it found."""

    units: int
    splits: int
    metrics: int
    reading_s: float
    splitting_s: float
    memory_mib: int
    states: list[str]
    alarms: int


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 when a replay takes longer than it may."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="armature-bench-aa-") as name:
        os.environ.update(_environment(Path(name)))
        django.setup()
        found = _measure(options)
    took = found.reading_s + found.splitting_s
    sys.stdout.write(
        f"{found.units:,} units, {found.metrics} metrics, {found.splits:,} splits: read in"
        f" {found.reading_s:.1f} s, split and judged in {found.splitting_s:.1f} s, {took:.1f} s in"
        f" all (at most {options.limit_s} s); {found.memory_mib} MiB; {found.alarms} alarms;"
        f" {', '.join(found.states)}\n"
    )
    if options.json:
        options.json.write_text(json.dumps(asdict(found), indent=2) + "\n")
    return 0 if took <= options.limit_s else 1


def _environment(folder: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "",
        "ARMATURE_DATA_DIR": str(folder),
        "ARMATURE_METRIC_TIMEOUT": "0",
        "ARMATURE_LOG_LEVEL": "WARNING",
    }


def _measure(options: argparse.Namespace) -> Measured:
    # These read tables, so that an installation has to be there.
    from analytics.replay.running import prepare, run
    from benchmarks._aa.making import a_shop
    from config.installation import bring_up_to_date

    bring_up_to_date(lambda _text: None)
    experiment = a_shop(options.units, options.seed, METRICS)
    began = time.monotonic()
    prepared = prepare(experiment)
    read = time.monotonic()
    replay = run(prepared, splits=options.splits, seed=options.seed)
    return Measured(
        units=replay.n_units,
        splits=replay.splits,
        metrics=len(replay.rows),
        reading_s=read - began,
        splitting_s=time.monotonic() - read,
        memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MIB,
        states=[f"{row.metric} {row.state}" for row in replay.rows],
        alarms=replay.alarms["n_alarms"],
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="armature bench aa", description=__doc__)
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--splits", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit-s", type=int, default=120, help="what a replay may take")
    parser.add_argument("--json", type=Path)
    return parser
