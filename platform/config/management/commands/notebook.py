"""A notebook that recomputes a report, with the files it reads."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.notebook.files import write_files
from analytics.selectors import latest_ready
from config.chosen import chosen_experiment
from experiments.errors import ArmatureError


class Command(BaseCommand):
    """Writes an experiment's newest report so that anybody can compute it again."""

    help = "Write a notebook that recomputes an experiment's newest report, with its data."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the experiment, and where to write."""
        parser.add_argument("key", help="the experiment's key")
        parser.add_argument("--site", help="slug of its site, where several have such a key")
        parser.add_argument("--out", required=True, help="folder for the three files")
        parser.add_argument(
            "--ids", action="store_true", help="with ids of units as stored, not hashed"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the files and print their paths; raises CommandError where there is no report."""
        experiment = chosen_experiment(options["key"], options["site"])
        analysis = latest_ready(experiment)
        if analysis is None:
            raise CommandError(
                f"{experiment.key} has no report yet; `report --refresh` computes one"
            )
        try:
            out = Path(options["out"])
            paths = write_files(analysis, out, actor="notebook command", names_ids=options["ids"])
        except (ArmatureError, OSError) as error:
            raise CommandError(f"the files could not be written: {error}") from error
        for path in paths:
            self.stdout.write(str(path))
