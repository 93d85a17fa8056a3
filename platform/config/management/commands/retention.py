"""Export and drop what sites no longer keep: `retention [--dry-run]`."""

from argparse import ArgumentParser
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from experiments.retention.keeping import Going, days_to_go
from experiments.retention.run import run_retention


class Command(BaseCommand):
    """Do at once what beat does every six hours."""

    help = "Export the days that sites no longer keep to Parquet, and drop them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether only to look."""
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would go; change nothing"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Say what goes, or went; end with 1 when something had to stay."""
        going = days_to_go(now=timezone.now())
        for line in _lines(going):
            self.stdout.write(line)
        if options["dry_run"] or not going:
            self.stdout.write("Nothing was changed." if going else "There is nothing to drop.")
            return
        done = run_retention(now=timezone.now(), actor="retention command")
        for problem in done.problems:
            self.stderr.write(problem)
        n_days = sum(len(days) for tables in done.rows.values() for days in tables.values())
        self.stdout.write(f"{n_days} of {len(going)} days were exported and dropped.")
        if n_days < len(going):
            raise CommandError(
                "Some days stay; the reasons stand above, or another run is at work."
            )


def _lines(going: list[Going]) -> list[str]:
    """Return a line for each site and table: how many days and rows, from when to when."""

    def key(one: Going) -> tuple[str, str]:
        return one.site.slug, one.table.name

    lines = []
    for (slug, table), group in groupby(sorted(going, key=key), key=key):
        days = sorted(group, key=lambda one: one.day)
        n_rows = sum(one.n_rows for one in days)
        lines.append(
            f"{slug}: {n_rows:,} {table} of {len(days)} days, {days[0].day} to {days[-1].day}"
        )
    return lines
