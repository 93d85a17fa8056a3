"""Write days to Parquet without dropping them: `export_days SITE [--from DAY] [--to DAY]`."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from experiments.models import Site
from experiments.retention.ahead import export_ahead
from experiments.retention.exporting import ExportError
from experiments.retention.files import folder

FIRST, LAST = "0001-01-01", "9999-12-31"


class Command(BaseCommand):
    """Bring the exported days of a site up to what its tables hold."""

    help = "Write a site's exposures, events and slates to Parquet by day; nothing is dropped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the site and the days."""
        parser.add_argument("site", help="its slug")
        parser.add_argument("--from", dest="first", default=FIRST, help="first day, 2026-11-01")
        parser.add_argument("--to", dest="last", default=LAST, help="last day, included")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Say what was written."""
        site = Site.objects.filter(slug=options["site"]).first()
        if site is None:
            raise CommandError(f"there is no site {options['site']!r}")
        first, last = (_day(options[name]) for name in ("first", "last"))
        try:
            done = export_ahead(site, first=first, last=last)
        except (ExportError, OSError) as error:
            raise CommandError(str(error)) from error
        for exported in done.written:
            self.stdout.write(f"{exported.table} {exported.day}: {exported.n_rows:,} rows")
        self.stdout.write(
            f"{len(done.written)} days were written to {folder()}, {done.n_current} were there."
        )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise CommandError(f"a day is written like 2026-11-20; got {text!r}") from error
