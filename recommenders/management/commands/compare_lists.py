"""Compares lists over a sample of units, as the page does, and tells how long that took."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from experiments.models import Site
from recommenders.comparing.columns import MOST_COLUMNS, chosen, first_columns
from recommenders.comparing.sample import MOST_UNITS, Question, request_comparison, run_comparison
from recommenders.comparing.tally import conclusion
from recommenders.errors import RecommenderError
from recommenders.models import Comparison

MOST_K, USUAL_K = 50, 10


class Command(BaseCommand):
    """Kept with the site's other comparisons, so that its page shows it too; nothing is served."""

    help = "Compare the lists of recommenders, versions or variants over a sample of units."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare whose lists, for how many units."""
        parser.add_argument("site", help="The site's short name.")
        parser.add_argument(
            "columns",
            nargs="*",
            help="r:KEY, a:KEY@VERSION or v:EXPERIMENT:VARIANT; the others stand beside the first. "
            "Without any: what is trained.",
        )
        parser.add_argument("--units", type=int, default=MOST_UNITS, help=f"({MOST_UNITS})")
        parser.add_argument("-k", type=int, default=USUAL_K, help=f"Items of a list ({USUAL_K}).")
        parser.add_argument("--json", type=Path, help="Also write the figures to this file.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, and print a line for each list."""
        row = _queued(options)
        began = time.monotonic()
        done = run_comparison(comparison_id=row.pk)
        if done is None:
            raise CommandError("a worker has taken this comparison; its page shows it")
        if done.status == Comparison.Status.FAILED:
            raise CommandError(f"the comparison failed: {done.error}")
        took_s = time.monotonic() - began
        if options["json"]:
            options["json"].write_text(json.dumps(done.figures | {"took_s": took_s}, indent=2))
        first = done.figures["columns"][0]["label"]
        for column in done.figures["columns"]:
            self.stdout.write(_line(column, first, options["k"]))
        self.stdout.write(f"{done.figures['n_units']:,} units in {took_s:.1f} s")


def _queued(options: Mapping[str, Any]) -> Comparison:
    """Return the comparison that is asked for; raises CommandError on what cannot be compared."""
    site = Site.objects.filter(slug=options["site"]).first()
    if site is None:
        known = ", ".join(Site.objects.values_list("slug", flat=True))
        raise CommandError(f"there is no site {options['site']!r}; there are: {known}")
    for name, most in (("units", MOST_UNITS), ("k", MOST_K)):
        if not 1 <= options[name] <= most:
            raise CommandError(f"{name} is a whole number from 1 to {most}; it is {options[name]}")
    tokens = list(dict.fromkeys(options["columns"])) or first_columns(site)
    if len(tokens) > MOST_COLUMNS:
        raise CommandError(f"at most {MOST_COLUMNS} lists stand side by side; {len(tokens)} asked")
    if problem := next((each.problem for each in chosen(site, tokens, None) if each.problem), ""):
        raise CommandError(problem)
    question = Question(tuple(tokens), options["k"], n=options["units"])
    try:
        return request_comparison(site=site, question=question)
    except RecommenderError as error:
        raise CommandError(f"{error}. {error.hint or ''}".strip()) from error


def _line(column: Mapping[str, Any], first: str, k: int) -> str:
    if not column["n"]:
        return f"{column['label']}: compared for nobody"
    said = (
        f"{column['label']}: 95 of 100 lists within {column['p95_ms']:.1f} ms, "
        f"{column['stand_in']:,} by another, {column['empty']:,} empty"
    )
    if column["label"] == first:
        return said
    return f"{said}. {conclusion(first, column['label'], column, k)}"
