"""Write a site's events or slates to a file: `export_events --site SLUG --out FILE`."""

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import track

from config.exporting.records import EXPORTED, records_of, rows_of
from config.exporting.writers import WRITERS
from experiments.models import ExportedDay, Site


class Command(BaseCommand):
    """Export what the database holds; days that were dropped are named, with where they are."""

    help = "Write a site's events or slates as CSV, JSON lines or Parquet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to write, in which form, and where to."""
        parser.add_argument("--site", required=True, help="the site's slug")
        parser.add_argument("--format", choices=tuple(WRITERS), default="csv")
        parser.add_argument("--table", choices=tuple(EXPORTED), default="events")
        parser.add_argument("--from", dest="first", help="first day, as 2026-11-20, of the site")
        parser.add_argument("--to", dest="last", help="last day, included")
        parser.add_argument("--out", type=Path, required=True, help="the file to write")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write beside the file, then put it in its place."""
        site = _site(options["site"])
        span = _day(options["first"], "--from"), _day(options["last"], "--to")
        rows = rows_of(options["table"], site, *span)
        n_rows, out = rows.count(), options["out"]
        beside = out.with_name(f".{out.name}.{os.getpid()}")
        try:
            records = _shown(records_of(options["table"], rows), n_rows)
            WRITERS[options["format"]](beside, options["table"], records)
            beside.replace(out)
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}") from error
        finally:
            beside.unlink(missing_ok=True)
        self.stdout.write(f"{n_rows:,} {options['table']} of {site.slug} are in {out}")
        self._tell_dropped(site, options["table"], *span)

    def _tell_dropped(self, site: Site, table: str, first: str | None, last: str | None) -> None:
        """Name the days of the span that are no longer in the database."""
        dropped = ExportedDay.objects.filter(site=site, table=table, dropped_at__isnull=False)
        if first is not None:
            dropped = dropped.filter(day__gte=first)
        if last is not None:
            dropped = dropped.filter(day__lte=last)
        days = sorted(dropped.values_list("day", flat=True))
        if days:
            self.stderr.write(
                f"{len(days)} days of this span, {days[0]} to {days[-1]}, were dropped after their "
                f"export; they are in exports/{table}/site={site.slug}/ of the data folder"
            )


def _site(slug: str) -> Site:
    if site := Site.objects.filter(slug=slug).first():
        return site
    known = ", ".join(Site.objects.values_list("slug", flat=True)[:20]) or "none yet"
    raise CommandError(f"there is no site {slug!r}; known: {known}")


def _day(text: str | None, option: str) -> str | None:
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise CommandError(f"{option} takes a day such as 2026-11-20; got {text!r}") from error


def _shown(records: Iterator[dict[str, Any]], n_rows: int) -> Iterator[dict[str, Any]]:
    """Yield the records, and show on a terminal how many are done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return records
    return iter(track(records, "Exporting", total=n_rows, console=console))
