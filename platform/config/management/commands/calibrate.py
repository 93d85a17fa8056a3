"""Do the statistics err as often as they claim? Simulated shops, figures beside their targets."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from analytics.stats.calibration.rows import Row
from analytics.stats.calibration.studies import all_jobs, run_jobs
from config.calibration.printing import document, markdown, summary, tables
from config.driving.background import bar, console_on


class Command(BaseCommand):
    """Simulates error rates, coverage and variance ratios; fails where one is not as due."""

    help = "Simulate how often the statistics err; print each figure beside its target."
    requires_system_checks: list[str] = []  # no database, no setting: arithmetic alone

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take how many runs, the seed, and where the figures go."""
        parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
        parser.add_argument("--seed", type=_seed, default=1)
        parser.add_argument("--json", type=Path, help="write every figure to a file")
        parser.add_argument("--markdown", type=Path, help="write the tables to a file")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run every simulation and print the tables; an error where a figure strays."""
        jobs = all_jobs(quick=options["quick"])
        with bar("Simulations", len(jobs)) as advance:
            rows = run_jobs(jobs, options["seed"], on_done=lambda _job: advance(1))
        publish(rows, console_on(self.stdout), options)


def publish(rows: Sequence[Row], console: Console, options: Mapping[str, Any]) -> None:
    """Print the tables and write the files; CommandError names the figures that stray."""
    seed, is_quick = options["seed"], options["quick"]
    for table in tables(rows):
        console.print(table)
    if path := options["json"]:
        found = document(rows, seed=seed, is_quick=is_quick)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    if path := options["markdown"]:
        path.write_text(markdown(rows, seed=seed, is_quick=is_quick))
    if not all(row.is_within for row in rows):
        raise CommandError(summary(rows))
    console.print(summary(rows), soft_wrap=True)


def _seed(text: str) -> int:
    """Return a seed: a whole number, not negative."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0, was {text}")
    return value
