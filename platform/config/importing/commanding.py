"""What the commands that bring files into a site have in common."""

import argparse
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from config.importing.columns import columns_of
from config.importing.records import SourceError
from config.importing.resumable import Imported
from experiments.models import Site


def add_file_arguments(parser: argparse.ArgumentParser, forms: Collection[str]) -> None:
    """Take the files, their site, how they are to be read, and where refused rows go."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=".gz and .zip too")
    parser.add_argument("--site", required=True, help="the site's slug")
    parser.add_argument("--format", choices=forms, default="", help="told by the name else")
    parser.add_argument(
        "--map", action="append", default=[], metavar="FIELD=COLUMN", help="may be repeated"
    )
    parser.add_argument("--rejects", type=Path, help="where refused rows go (JSON lines)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def site_named(slug: str) -> Site:
    """Return the site of a slug; raises SourceError with those that there are."""
    if site := Site.objects.filter(slug=slug).first():
        return site
    known = ", ".join(Site.objects.values_list("slug", flat=True)[:20]) or "none yet"
    raise SourceError(f"there is no site {slug!r}; known: {known}")


def columns_in(options: Mapping[str, Any], fields: Collection[str], *, of: str) -> dict[str, str]:
    """Return field to column as `--map` has it; raises SourceError, also on a missing file."""
    for path in options["files"]:
        if not path.is_file():
            raise SourceError(f"there is no file at {path}")
    return columns_of(options["map"], fields=fields, of=of)


def refusals_said(done: Imported[Any]) -> list[str]:
    """Return what is said of rows that an earlier run had done, and of those refused by reason."""
    lines = [f"An earlier run had done {done.resumed:,} of the rows."] if done.resumed else []
    return lines + [f"  {reason}: {n:,}" for reason, n in done.rejected.most_common()]
