"""How good are the recommenders? Judged offline, on a site's events or on a data set in files."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console

from config.driving.background import bar, console_on
from config.evaluation.asking import (
    SEGMENT_BY,
    SOURCES,
    TITLES,
    add_options,
    also_of,
    contenders_of,
    design_of,
)
from config.evaluation.documents import (
    REFERENCE_HEADS,
    part_of,
    reference_cells,
    reference_part,
    reference_sentence,
    write_part,
)
from config.evaluation.logs import log_of_files
from config.evaluation.movielens import MEASURED, PUBLISHED, movielens_fold
from config.evaluation.printing import rich_table, show
from config.evaluation.writing import words_of, write_files
from config.importing.counting import counted_rows
from config.importing.records import SourceError
from experiments.errors import ArmatureError
from experiments.models import Site
from recommenders.evaluation.design import folds_of, sampled
from recommenders.evaluation.evaluating import Advance, Plan, evaluate, with_baseline
from recommenders.evaluation.folds import Fold, Log
from recommenders.evaluation.reference import SEED, K, Published, Reached, reached
from recommenders.evaluation.results import Contender, Results
from recommenders.registry import missing
from recommenders.services import site_log


class Command(BaseCommand):
    """Prints the table, writes files; of MovieLens fails when a published figure is missed."""

    help = "Judge recommenders offline: precision, NDCG and more, hot and cold units apart."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the data, who takes part, how it is split and where the figures go."""
        add_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Evaluate, print, write; CommandError says what is wrong with data or names."""
        try:
            if options["movielens"]:
                self._reference(options)
            else:
                self._evaluate(options)
        except (SourceError, ArmatureError) as error:
            hint = getattr(error, "hint", None)
            raise CommandError(f"{error}. {hint}" if hint else f"{error}") from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error

    def _evaluate(self, options: Mapping[str, Any]) -> None:
        name = next((each for each in SOURCES if options[each]), "site")
        site = _site(options["site"]) if name == "site" else None
        contenders = contenders_of(options, site)
        log = _read(name, site, options, _segment_by(contenders))
        if options["units"]:
            log = sampled(log, options["units"], seed=options["seed"])
        results = _judged(
            folds_of(log, design_of(options)),
            contenders,
            Plan(k=options["k"], seed=options["seed"]),
        )
        show(console_on(self.stdout), results)
        write_files(results, options)
        if page := options["docs"]:
            title = TITLES.get(name, f"Site {options['site']}")
            write_part(page, name, title, part_of(results, words_of(options)))

    def _reference(self, options: Mapping[str, Any]) -> None:
        """Run the reference protocol, which has its own split and seed, and who is named beside."""
        also = map(Published, also_of(options))
        published = [each for each in (*PUBLISHED, *MEASURED, *also) if _can_run(each.contender)]
        fold = movielens_fold(options["movielens"])
        contenders = [each.contender for each in published]
        results = _judged([fold], contenders, Plan(k=K, seed=SEED))
        found = reached(results, published)
        console = console_on(self.stdout)
        show(console, results)
        console.print(
            rich_table(
                "Beside the published figures",
                REFERENCE_HEADS,
                [reference_cells(each) for each in found],
            )
        )
        console.print(reference_sentence(found), soft_wrap=True)
        write_files(results, options)
        if page := options["docs"]:
            part = reference_part(found, results, words_of(options))
            write_part(page, "movielens", TITLES["movielens"], part)
        _require_near(found)


def _can_run(contender: Contender) -> bool:
    return missing(contender.algorithm) is None


def _require_near(found: Sequence[Reached]) -> None:
    astray = [each.published.contender.name for each in found if not each.is_within]
    if astray:
        raise CommandError(f"{reference_sentence(found)} Astray: {', '.join(astray)}.")


def _segment_by(contenders: Sequence[Contender]) -> str:
    """Return the attribute that the first recommender with segments goes by, "" for none."""
    named = (str(each.settings.get("segment_by", "")) for each in contenders)
    return next((name for name in named if name), "")


def _site(slug: str) -> Site:
    if site := Site.objects.filter(slug=slug).first():
        return site
    known = ", ".join(Site.objects.values_list("slug", flat=True)[:20]) or "none yet"
    raise CommandError(f"there is no site {slug!r}; known: {known}")


def _read(name: str, site: Site | None, options: Mapping[str, Any], segment_by: str) -> Log:
    if site is not None:
        return site_log(site=site, until=timezone.now(), segment_by=segment_by)
    with counted_rows(f"Reading {TITLES[name]}") as advance:
        return log_of_files(
            SOURCES[name](options[name]),
            segment_by=segment_by or SEGMENT_BY.get(name, ""),
            advance=advance,
        )


def _judged(folds: Sequence[Fold], contenders: Sequence[Contender], plan: Plan) -> Results:
    questions = sum(len(fold) for fold in folds) * len(with_baseline(contenders))
    with _progress(questions) as advance:
        return evaluate(folds, contenders, plan, advance=advance)


@contextmanager
def _progress(questions: int) -> Iterator[Advance]:
    """Show how many questions were answered; without a terminal, say who is at it."""
    console = Console(file=sys.stderr)
    said: set[str] = set()

    with bar("Units asked about", questions) as move:

        def advance(name: str, count: int) -> None:
            if not console.is_terminal and name not in said:
                said.add(name)
                print(f"fitting {name}", file=sys.stderr, flush=True)  # noqa: T201
            move(count)

        yield advance
