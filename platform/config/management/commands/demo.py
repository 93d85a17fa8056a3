"""`./armature demo`: a made-up shop, two weeks of visitors over HTTP, the report and the truth."""

import argparse
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from rich.console import Console

from config.demo import equip, experiment
from config.demo.printing import print_played, print_where, write_json
from config.demo.run import Plan, play, set_up
from config.driving.background import HOST, console_on, in_background
from config.httpclient import ApiError, ApiUnavailable
from config.installation import NotMigratedError, bring_up_to_date
from config.running import default_services, port_is_free
from experiments.errors import ArmatureError
from recommenders.registry import missing


class Command(BaseCommand):
    """Runs the demonstration, prints its report beside the truth, and goes on serving."""

    help = "A simulated shop: train, experiment, report, truth; then a running system."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the seed, the size, where to listen, and whether to stop after the report."""
        parser.add_argument("--exit", action="store_true", help="stop after the report")
        parser.add_argument("--seed", type=_within(0, 2**31 - 1), default=1)
        parser.add_argument("--visitors", type=_within(200, 200_000), default=15_000)
        parser.add_argument("--days", type=_within(2, 14), default=14)
        parser.add_argument("--port", type=_within(1, 65_535), default=8000)
        parser.add_argument("--json", type=Path, help="write the lifts and the truth to a file")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the demonstration; Ctrl-C ends it at any moment."""
        console = console_on(self.stdout)
        signal.signal(signal.SIGTERM, _interrupt)
        signal.signal(signal.SIGHUP, _interrupt)
        try:
            self._demonstrate(console, options)
        except KeyboardInterrupt:
            console.print("\nThe demonstration has stopped.")
        except (ArmatureError, ApiError, ApiUnavailable, NotMigratedError, TimeoutError) as error:
            raise CommandError(f"{error}{_where_logs_are()}") from error

    def _demonstrate(self, console: Console, options: dict[str, Any]) -> None:
        port, began = options["port"], time.monotonic()
        _refuse_unsuitable(port)
        plan = Plan(options["seed"], options["visitors"], options["days"])
        if reason := missing("lightfm"):
            text = f"LightFM is absent, its variant is left out. {reason}"
            console.print(text, style="bold", soft_wrap=True)
        bring_up_to_date(lambda text: console.print(text, soft_wrap=True))
        url, log = f"http://{HOST}:{port}", settings.DATA_DIR / "demo.log"
        stage = set_up(plan)
        password = equip.make_admin()
        connections.close_all()
        with in_background(default_services(HOST, port), log, f"{url}/healthz"):
            played = play(stage, plan, url)
            experiment.start_next(stage.site, experiment.runnable()[-2:])
            print_played(console, played)
            if options["json"]:
                write_json(options["json"], played)
            console.print(f"Took {time.monotonic() - began:.0f} s.\n")
            print_where(console, url, played, password, experiment.NEXT_PLACEMENT)
            if not options["exit"]:
                _serve_on(console)


def _within(low: int, high: int) -> Any:
    def whole_number(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"must lie within {low} and {high}; it is {number}")
        return number

    return whole_number


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _where_logs_are() -> str:
    return f"\nThe services wrote to {settings.DATA_DIR / 'demo.log'}"


def _refuse_unsuitable(port: int) -> None:
    """Raise CommandError where a demonstration must not, or cannot, run."""
    if settings.PRODUCTION:
        raise CommandError(
            "this is a production installation (ARMATURE_PRODUCTION): the demonstration makes a "
            "site and an administrator of its own; run it from another folder"
        )
    if not port_is_free(HOST, port):
        raise CommandError(f"port {port} of {HOST} is taken; choose another with --port")


def _serve_on(console: Console) -> None:
    console.print("\nServing; Ctrl-C stops it. Later, ./armature up serves the same again.")
    while True:
        time.sleep(3600)
