"""Bring a catalogue into a site: `import_catalogue --site SLUG FILE…`."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.importing.catalogue_rows import FORMS, CatalogueFile, form_of_catalogue
from config.importing.catalogue_run import (
    Absent,
    CatalogueImport,
    Present,
    absent_from,
    count_active,
    import_catalogue,
)
from config.importing.commanding import add_file_arguments, columns_in, refusals_said, site_named
from config.importing.counting import counted_rows
from config.importing.native import ITEM_FIELDS
from config.importing.prices import OTHER
from config.importing.records import SourceError
from config.installation import NotMigratedError, bring_up_to_date
from experiments.errors import ArmatureError
from experiments.models import Site
from recommenders.catalogue import deactivate_items

EXAMPLES = """examples:
  import_catalogue --site shop items.csv
  import_catalogue --site shop feed.xml.gz --replace
  import_catalogue --site shop list.csv --delimiter ";" --decimal , --major-prices \\
      --map item_id=sku --map title=name --map price=price
"""


class Command(BaseCommand):
    """Import items; the same file again changes nothing, a killed import goes on."""

    help = "Import items from CSV, JSON lines, Parquet or a Google product feed (XML) into a site."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the site, the files, how they are to be read, and what of the rest of the site."""
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        add_file_arguments(parser, FORMS)
        parser.add_argument("--delimiter", default=",", help='between cells of CSV; "tab" too')
        parser.add_argument("--decimal", default=".", choices=OTHER, help="before the decimals")
        parser.add_argument(
            "--major-prices",
            action="store_true",
            help="prices are written in the currency (19.99), as in product feeds",
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="take items that the files do not hold out of every list; asks before",
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument(
            "--force", action="store_true", help="take out more than half of the items as well"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import and print what became of every row; end with 1 when a row was refused."""
        path = options["rejects"] or settings.DATA_DIR / "rejects" / f"{options['site']}.jsonl"
        try:
            bring_up_to_date(self.stderr.write)
            site, present = site_named(options["site"]), Present()
            n_active = count_active(site)
            done = self._import(site, _files(options), path, present)
            taken_out = (
                self._replace(site, absent_from(site, present, n_active), options)
                if options["replace"]
                else 0
            )
        except (SourceError, ArmatureError, NotMigratedError) as error:
            raise CommandError(str(error)) from error
        said = json.dumps(_document(done, taken_out), indent=2) if options["json"] else ""
        self.stdout.write(said or _said(done, taken_out))
        if done.rejected:
            raise CommandError(f"{done.rejected.total():,} rows were refused; they are in {path}")

    def _import(
        self, site: Site, files: list[CatalogueFile], rejects: Path, present: Present
    ) -> CatalogueImport:
        with counted_rows(f"Importing into {site.slug}") as advance:
            return import_catalogue(
                files, site=site, rejects=rejects, present=present, progress=advance
            )

    def _replace(self, site: Site, absent: Absent, options: dict[str, Any]) -> int:
        """Take out what is absent, once that is sure; return how many items that were."""
        if (why := absent.why_not()) and not options["force"]:
            raise CommandError(
                f"The files are imported, but nothing was taken out: {why} (--force does it)"
            )
        if absent.keys and not options["yes"] and not self._is_agreed(site, len(absent.keys)):
            raise CommandError("The files are imported, but nothing was taken out.")
        return deactivate_items(site=site, keys=absent.keys)

    def _is_agreed(self, site: Site, n_absent: int) -> bool:
        self.stderr.write(f"{n_absent:,} items of {site.slug} are not in the files.")
        try:
            answer = input("Take them out of every list? Their rows stay. [y/N] ")
        except EOFError:
            self.stderr.write("Nobody is there to answer; --yes does it without asking.")
            return False
        return answer.strip().lower() in {"y", "yes"}


def _files(options: dict[str, Any]) -> list[CatalogueFile]:
    columns = columns_in(options, ITEM_FIELDS, of="items")
    delimiter = "\t" if options["delimiter"] in ("tab", "\\t") else options["delimiter"]
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise SourceError(f'--delimiter is one character, or "tab"; got {options["delimiter"]!r}')
    return [
        CatalogueFile(
            path,
            options["format"] or form_of_catalogue(path),
            columns,
            delimiter,
            options["decimal"],
            options["major_prices"],
        )
        for path in options["files"]
    ]


def _document(done: CatalogueImport, taken_out: int) -> dict[str, Any]:
    return {
        "rows": done.rows,
        "resumed": done.resumed,
        "stored": done.count.received,
        "created": done.count.created,
        "taken_out": taken_out,
        "rejected": dict(done.rejected.most_common()),
    }


def _said(done: CatalogueImport, taken_out: int) -> str:
    """Return the counts in words."""
    lines = [
        f"{done.rows:,} rows: {done.count.received:,} items stored, {done.count.created:,} of them "
        f"new, {done.rejected.total():,} refused."
    ]
    if taken_out:
        lines.append(f"{taken_out:,} items that are not in the files are in no list any more.")
    return "\n".join(lines + refusals_said(done))
