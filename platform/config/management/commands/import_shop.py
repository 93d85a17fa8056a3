"""Bring a shop's history into a site: `import_shop FORMAT PATH`."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from config.driving.background import console_on
from config.importing import FORMATS, open_source
from config.importing.counting import counted_rows
from config.importing.records import Source, SourceError
from config.importing.rejects import RejectsFile
from config.importing.run import ImportResult, import_source
from config.installation import NotMigratedError, bring_up_to_date
from experiments.errors import ArmatureError
from experiments.models import Site
from experiments.services import create_site


class Command(BaseCommand):
    """Import a data set; importing the same file again adds nothing."""

    help = "Import a shop's history: " + ", ".join(FORMATS)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the format, the file or folder, and where it goes."""
        parser.add_argument("format", choices=FORMATS)
        parser.add_argument("path", type=Path, help="a file, plain or .gz, or its folder")
        parser.add_argument("--site", help="the site's slug (the format's name when left out)")
        parser.add_argument("--currency", help="of a new site, e.g. EUR")
        parser.add_argument("--timezone", help="of a new site, e.g. Europe/Berlin")
        parser.add_argument("--rejects", type=Path, help="where rows go that cannot be taken (CSV)")
        parser.add_argument("--json", action="store_true", help="print the summary as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import and print what became of every row."""
        slug = options["site"] or options["format"]
        path = options["rejects"] or settings.DATA_DIR / "rejects" / f"{slug}.csv"
        try:
            bring_up_to_date(self.stderr.write)
            source = open_source(options["format"], options["path"])
            site = _site(slug, source, options)
            with RejectsFile(path) as rejects:
                result = self._import(source, site, rejects)
        except (SourceError, ArmatureError, NotMigratedError) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(_said(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(_document(site, result), indent=2))
        else:
            _print(console_on(self.stdout), site, result, path)

    def _import(self, source: Source, site: Site, rejects: RejectsFile) -> ImportResult:
        with counted_rows(f"Importing into {site.slug}") as advance:
            return import_source(source, site=site, rejects=rejects, progress=advance)


def _site(slug: str, source: Source, options: dict[str, Any]) -> Site:
    """Return the site of this slug, made when there is none."""
    if site := Site.objects.filter(slug=slug).first():
        return site
    defaults = source.defaults
    currency = options["currency"] or defaults.currency
    if not currency:
        raise CommandError(f"site {slug} is new: name its currency, e.g. --currency EUR")
    return create_site(
        slug=slug,
        name=defaults.name or slug,
        currency=currency,
        timezone_name=options["timezone"] or defaults.timezone,
    )


def _said(error: ValidationError) -> str:
    """Return what is wrong with the new site, each fault with its field."""
    return "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())


def _document(site: Site, result: ImportResult) -> dict[str, Any]:
    return {"site": site.slug, **asdict(result)}


def _print(console: Console, site: Site, result: ImportResult, rejects: Path) -> None:
    console.print(_table("The source", dict(result.figures)))
    console.print(
        _table("What became of its rows", {f"stored as {k}": n for k, n in result.kinds.items()})
    )
    if result.rejected:
        console.print(_table("Not taken, by reason", result.rejected))
        console.print(f"The rows that were not taken are in {rejects}", soft_wrap=True)
    console.print(_verdict(site, result), soft_wrap=True)


def _table(title: str, rows: dict[str, Any]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right", overflow="fold")
    for name, value in rows.items():
        table.add_row(
            name.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value)
        )
    return table


def _verdict(site: Site, result: ImportResult) -> str:
    """Return what is new, in words; a second import of a file says that it added nothing."""
    events, items = result.events, result.items
    lines = [
        f"{events.stored:,} events stored, {events.known:,} known before; "
        f"{items.received:,} items, {items.created:,} of them new; {result.seconds:.1f} s."
    ]
    if events.known and not events.stored:
        lines.append(f"Nothing new: site {site.slug} had every event of this source.")
    if events.differing:
        lines.append(
            f"{events.differing:,} rows carry ids that other rows of this site have: this is "
            "another file, or a changed one. They were left out; import it into another site."
        )
    return "\n".join(lines)
