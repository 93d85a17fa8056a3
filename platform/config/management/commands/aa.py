"""A/A replay: what an experiment's analysis says of splits of the past that changed nothing."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from analytics.errors import AnalyticsError
from analytics.models import AaReplay
from analytics.replay.results import is_off
from analytics.reporting.progress import Tell
from analytics.services import replay_now
from analytics.services.replays import SPLITS
from config.aa.printing import print_replay
from config.aa.running import through_http
from config.driving.background import COLUMNS, console_on
from experiments.errors import ArmatureError
from experiments.models import Experiment

HTTP_SPLITS = 50


class Command(BaseCommand):
    """Splits the site's last four weeks at random, again and again, and judges each split."""

    help = "Replay an experiment's past units as splits that change nothing; before its launch."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the experiment, how many splits, and how they are told."""
        parser.add_argument("key", help="the experiment's key")
        parser.add_argument("--site", help="slug of its site, where several have such a key")
        parser.add_argument("--splits", type=int, default=SPLITS, help="1,000 unless said")
        parser.add_argument(
            "--http", type=int, default=HTTP_SPLITS, help="how many of them over HTTP as well"
        )
        parser.add_argument("--seed", type=int, default=1, help="what all seeds follow from")
        parser.add_argument("--json", action="store_true", help="print the whole replay as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the replay; raises CommandError where it is off, and where there can be none."""
        experiment = _chosen(options["key"], options["site"])
        try:
            with _told() as tell:
                row = replay_now(
                    experiment=experiment,
                    splits=options["splits"],
                    seed=options["seed"],
                    http_splits=options["http"],
                    through=through_http,
                    tell=tell,
                )
        except (ArmatureError, AnalyticsError) as error:
            raise CommandError(f"{error} {getattr(error, 'hint', None) or ''}".strip()) from error
        self._print(row, as_json=options["json"])
        if is_off(row.results or {}):
            raise CommandError("this replay found what must not be: see above")

    def _print(self, row: AaReplay, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(row.results, indent=1))
            return
        print_replay(console_on(self.stdout), row.results or {})


@contextmanager
def _told() -> Iterator[Tell]:
    """Show how far it is on standard error."""
    with Progress(*COLUMNS, console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task("starting", total=100)

        def tell(stage: str, share: float) -> None:
            if share >= 1:
                progress.stop()  # what follows has bars of its own
            progress.update(task, description=stage, completed=round(100 * share))

        yield tell


def _chosen(key: str, site: str | None) -> Experiment:
    rows = Experiment.objects.select_related("site", "placement", "allocation").filter(key=key)
    found = list(rows if site is None else rows.filter(site__slug=site))
    if not found:
        raise CommandError(f"there is no experiment {key!r} in {site or 'any site'}")
    if len(found) > 1:
        sites = ", ".join(sorted(each.site.slug for each in found))
        raise CommandError(f"several sites have an experiment {key!r}: name one by --site, {sites}")
    return found[0]
