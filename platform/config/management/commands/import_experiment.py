"""Bring an experiment that was run elsewhere into a site: `import_experiment --site SLUG FILE`."""

import argparse
import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.importing.commanding import refusals_said, site_named
from config.importing.counting import counted_rows
from config.importing.outcome_rows import KINDS, Columns, outcomes_of
from config.importing.outcome_run import OutcomeImport, import_outcomes
from config.importing.outcome_setup import Setup
from config.importing.records import SourceError
from config.installation import NotMigratedError, bring_up_to_date
from experiments.errors import ArmatureError

REASON = "imported: it was run elsewhere and is over"


class Command(BaseCommand):
    """Import an ended experiment; the same file again adds nothing, a killed import goes on."""

    help = "Import an ended experiment from a file with a row for each unit."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the site, the file, and what its columns hold."""
        parser.add_argument("file", type=Path, metavar="FILE", help=".csv, .jsonl or .parquet")
        parser.add_argument("--site", required=True, help="the site's slug")
        parser.add_argument("--key", required=True, help="the experiment's key")
        parser.add_argument("--variant", required=True, metavar="COLUMN")
        parser.add_argument("--control", required=True, help="the control, as the column has it")
        parser.add_argument(
            "--outcome",
            action="append",
            required=True,
            metavar="COLUMN=KIND",
            help=f"a kind of {', '.join(KINDS)}; may be repeated, the first one decides",
        )
        parser.add_argument("--unit", default="", metavar="COLUMN", help="else each row is one")
        parser.add_argument("--attribute", action="append", default=[], metavar="COLUMN")
        parser.add_argument("--started", default="", help="day it began, such as 2026-01-31")
        parser.add_argument("--days", type=int, default=14, help="how long it ran")
        parser.add_argument("--reason", default=REASON, help="why its launch checks are waived")
        parser.add_argument("--rejects", type=Path, help="where refused rows go (JSON lines)")
        parser.add_argument("--json", action="store_true", help="print the summary as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import and print what became of every row; end with 1 when a row was refused."""
        path = options["rejects"] or settings.DATA_DIR / "rejects" / f"{options['key']}.jsonl"
        try:
            bring_up_to_date(self.stderr.write)
            done = _import(options, path)
        except (SourceError, ArmatureError, NotMigratedError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(_document(done), indent=2) if options["json"] else _said(done))
        if done.rejected:
            raise CommandError(f"{done.rejected.total():,} rows were refused; they are in {path}")


def _import(options: dict[str, Any], rejects: Path) -> OutcomeImport:
    if not options["file"].is_file():
        raise SourceError(f"there is no file at {options['file']}")
    site = site_named(options["site"])
    columns = Columns(
        options["variant"],
        outcomes_of(options["outcome"]),
        options["unit"],
        tuple(options["attribute"]),
    )
    with counted_rows(f"Importing {options['key']}") as advance:
        return import_outcomes(
            options["file"],
            columns,
            site=site,
            setup=_setup(options),
            rejects=rejects,
            progress=advance,
        )


def _setup(options: dict[str, Any]) -> Setup:
    if not 1 <= options["days"] <= 365:
        raise SourceError(f"--days lies in 1..365, was {options['days']}")
    return Setup(
        key=options["key"],
        control=options["control"],
        started_at=_start(options["started"], options["days"]),
        days=options["days"],
        reason=options["reason"],
    )


def _start(text: str, days: int) -> datetime:
    """Return midnight of the day it began; without one, the day so long ago that it is over."""
    today = datetime.now(UTC).date()
    try:
        day = datetime.fromisoformat(text).date() if text else today - timedelta(days=days)
    except ValueError:
        raise SourceError(f"--started takes a day such as 2026-01-31; got {text!r}") from None
    if day + timedelta(days=days) > today:
        raise SourceError(f"it began on {day} and ran {days} days: that is not over yet")
    return datetime.combine(day, time(), UTC)


def _document(done: OutcomeImport) -> dict[str, Any]:
    return {
        "rows": done.rows,
        "resumed": done.resumed,
        "units": done.count.units,
        "stored": done.count.stored,
        "known": done.count.known,
        "rejected": dict(done.rejected.most_common()),
    }


def _said(done: OutcomeImport) -> str:
    """Return the counts in words."""
    line = (
        f"{done.rows:,} rows: {done.count.units:,} units, {done.count.stored:,} events stored, "
        f"{done.count.known:,} known before, {done.rejected.total():,} refused."
    )
    return "\n".join([line, *refusals_said(done)])
