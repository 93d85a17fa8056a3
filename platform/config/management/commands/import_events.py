"""Bring events of the past into a site: `import_events --site SLUG FILE…`."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.importing.commanding import (
    add_file_arguments,
    columns_in,
    refusals_said,
    site_named,
)
from config.importing.counting import counted_rows
from config.importing.event_rows import EventFile
from config.importing.event_run import EventImport, import_files
from config.importing.native import EVENT_FIELDS
from config.importing.native_files import FORMS, form_of
from config.importing.records import SourceError
from config.installation import NotMigratedError, bring_up_to_date
from experiments.errors import ArmatureError
from experiments.models import Site


class Command(BaseCommand):
    """Import events; the same file again adds nothing, a killed import goes on."""

    help = "Import events from CSV, JSON lines or Parquet files into a site."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the site, the files, and how they are to be read."""
        add_file_arguments(parser, FORMS)
        parser.add_argument(
            "--source", default="", help="the source's name, when files are renamed"
        )
        parser.add_argument(
            "--without-amounts",
            action="store_true",
            help="take purchases and refunds of unknown value; they count, but not as money",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import and print what became of every row; end with 1 when a row was refused."""
        path = options["rejects"] or settings.DATA_DIR / "rejects" / f"{options['site']}.jsonl"
        try:
            bring_up_to_date(self.stderr.write)
            done = self._import(site_named(options["site"]), _files(options), path)
        except (SourceError, ArmatureError, NotMigratedError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(_document(done), indent=2) if options["json"] else _said(done))
        if done.rejected:
            raise CommandError(f"{done.rejected.total():,} rows were refused; they are in {path}")

    def _import(self, site: Site, files: list[EventFile], rejects: Path) -> EventImport:
        with counted_rows(f"Importing into {site.slug}") as advance:
            return import_files(files, site=site, rejects=rejects, progress=advance)


def _files(options: dict[str, Any]) -> list[EventFile]:
    columns = columns_in(options, EVENT_FIELDS - {"unit", "value", "exposure_token"}, of="events")
    for path in options["files"]:
        if not options["format"]:
            form_of(path)
    return [
        EventFile(
            path, options["format"], columns, options["source"], not options["without_amounts"]
        )
        for path in options["files"]
    ]


def _document(done: EventImport) -> dict[str, Any]:
    return {
        "rows": done.rows,
        "resumed": done.resumed,
        "stored": done.count.stored,
        "known": done.count.known,
        "differing": done.count.differing,
        "dropped": done.count.dropped,
        "rejected": dict(done.rejected.most_common()),
    }


def _said(done: EventImport) -> str:
    """Return the counts in words; they sum to the rows that were read."""
    lines = [
        f"{done.rows:,} rows: {done.count.stored:,} events stored, {done.count.known:,} known "
        f"before, {done.count.differing:,} with an id that another event has, "
        f"{done.rejected.total():,} refused."
    ]
    if done.count.dropped:
        lines.append(f"{done.count.dropped:,} events of erased units were left out.")
    return "\n".join(lines + refusals_said(done))
