"""A report in the terminal, or as JSON for other programs."""

import argparse
import io
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from analytics.exports.table import json_body
from analytics.models import Analysis
from analytics.selectors import latest_ready
from analytics.services import compute_analysis, request_analysis
from config.chosen import chosen_experiment
from config.terminal_report import print_report
from experiments.errors import ArmatureError
from experiments.models import Experiment

WIDTH = 132  # where the output is no terminal


class Command(BaseCommand):
    """Prints what an experiment's report says, in the words of its page."""

    help = "Print an experiment's newest report; with --refresh compute it first."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the experiment, and how it is told."""
        parser.add_argument("key", help="the experiment's key")
        parser.add_argument("--site", help="slug of its site, where several have such a key")
        parser.add_argument("--refresh", action="store_true", help="compute it now, and store it")
        parser.add_argument(
            "--json", action="store_true", help="with sums, settings and the statement that ran"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the report; raises CommandError where there is none."""
        experiment = chosen_experiment(options["key"], options["site"])
        analysis = _refreshed(experiment) if options["refresh"] else latest_ready(experiment)
        if analysis is None:
            raise CommandError(f"{experiment.key} has no report yet; --refresh computes one")
        if options["json"]:
            self.stdout.write(json.dumps(json_body(analysis), indent=1))
            return
        told = io.StringIO()
        width = None if self.stdout.isatty() else WIDTH
        print_report(Console(file=told, width=width, highlight=False), experiment)
        self.stdout.write(told.getvalue())


def _refreshed(experiment: Experiment) -> Analysis:
    try:
        analysis = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    except ArmatureError as error:
        raise CommandError(str(error)) from error
    if analysis is None or analysis.status != Analysis.Status.READY:
        reason = analysis.error if analysis else "a worker computes it already"
        raise CommandError(f"{experiment.key} could not be computed: {reason}")
    return analysis
