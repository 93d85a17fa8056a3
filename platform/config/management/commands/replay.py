"""Replay a shop's real history through the interface: `replay --site SLUG --from DATE`."""

import argparse
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from analytics.web.views import report_url
from config.driving import stages
from config.driving.background import HOST, bar, console_on, free_port, in_background
from config.httpclient import ApiClient, ApiError, ApiUnavailable
from config.installation import NotMigratedError, bring_up_to_date
from config.replay import history, starting
from config.replay.drive import Course, Tally, drive
from config.replay.visits import Visits, group_visits
from config.running import default_services, port_is_free
from config.terminal_report import print_report
from experiments.errors import ArmatureError, InvalidInput
from experiments.models import Experiment, Site
from recommenders.registry import missing

_EXPECTED = (ArmatureError, ApiError, ApiUnavailable, NotMigratedError, TimeoutError)
CLICKS = {"purchase": "purchase", "view": "view_item"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is replayed: the visits of [start, until), and the recommenders compared."""

    source: Site
    start: datetime
    day: str
    keys: list[str]
    visits: Visits

    @property
    def days(self) -> int:
        """Return the whole days from the start to the last visit, at least one."""
        return max((self.visits.visits[-1].at - self.start + timedelta(days=1)).days, 1)


class Command(BaseCommand):
    """Train on everything before a day, then serve the visitors of the later days again."""

    help = "Replay a site's history: train before a date, serve the later visits through the API."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the site, the days and what is compared."""
        parser.add_argument("--site", required=True, help="a site with imported history")
        parser.add_argument("--from", dest="start", required=True, help="first day, YYYY-MM-DD")
        parser.add_argument("--until", help="day after the last one (all there is when left out)")
        parser.add_argument("--variants", default="popularity,lightfm,hybrid")
        parser.add_argument("--placement", default="home")
        parser.add_argument("--k", type=int, default=10, help="items in a list")
        parser.add_argument("--click", choices=CLICKS, default="purchase", help="what is a hit")
        parser.add_argument("--port", type=int, default=0, help="of the web server (0: a free one)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Replay and print the report."""
        console = console_on(self.stdout)
        began = time.monotonic()
        try:
            bring_up_to_date(self.stderr.write)
            plan = _plan(options, console)
            self._replay(plan, options, console)
        except _EXPECTED as error:
            raise CommandError(_said(error)) from error
        console.print(f"Took {time.monotonic() - began:.0f} s.")

    def _replay(self, plan: Plan, options: dict[str, Any], console: Console) -> None:
        site, copied = history.copy_of(plan.source, before=plan.start, day=plan.day)
        console.print(
            f"Site {site.slug}: {copied:,} events before {plan.day} to learn from", soft_wrap=True
        )
        url = f"http://{HOST}:{(port := options['port'] or free_port())}"
        secret, log = stages.api_key(site, "replay"), settings.DATA_DIR / "replay.log"
        console.print(f"Starting web server and workers; they write to {log}", soft_wrap=True)
        with (
            in_background(default_services(HOST, port), log, f"{url}/healthz"),
            ApiClient(url, key=secret) as client,
        ):
            experiment = _start(plan, site, options["placement"], console)
            stages.wait_served(client, experiment)
            course = Course(
                options["placement"], options["k"], CLICKS[options["click"]], site.currency
            )
            with bar("Replaying visits", len(plan.visits.visits)) as progress:
                tally = drive(client, plan.visits.visits, course, progress=progress)
            recorded = stages.wait_applied(site, tally.lists)
            _print_tally(console, plan, tally, recorded)
            stages.analyse(experiment, actor="replay", reason="replayed to its end")
        experiment.refresh_from_db()
        print_report(console, experiment)
        console.print(
            f"This is a replay. Its report: http://{HOST}:8000{report_url(experiment)} "
            "(after ./armature up)",
            soft_wrap=True,
        )


def _said(error: Exception) -> str:
    hint = getattr(error, "hint", None)
    return f"{error} {hint}" if hint else str(error)


def _plan(options: dict[str, Any], console: Console) -> Plan:
    """Return what will be replayed; raises InvalidInput before anything is written."""
    source = history.site_named(options["site"])
    start = history.moment_of(options["start"], source)
    until = history.moment_of(options["until"], source) if options["until"] else None
    keys = [key.strip() for key in options["variants"].split(",") if key.strip()]
    for key in [key for key in keys if missing(key)]:
        console.print(f"Without {key}: {missing(key)}", soft_wrap=True)
        keys.remove(key)
    if not 1 <= options["k"] <= 100:
        raise InvalidInput("a list holds 1 to 100 items", field="k")
    if options["port"] and not port_is_free(HOST, options["port"]):
        raise InvalidInput(f"port {options['port']} is taken", field="port")
    stages.known_recommenders(source, keys)
    visits = group_visits(history.deeds_of(source, start=start, until=until))
    if not visits.visits:
        raise InvalidInput(f"site {source.slug} has no visit in these days")
    return Plan(source, start, options["start"], keys, visits)


def _start(plan: Plan, site: Site, placement: str, console: Console) -> Experiment:
    began = time.monotonic()
    artifacts = stages.train(site, plan.keys, until=plan.start)
    names = ", ".join(artifact.full_name for artifact in artifacts)
    console.print(f"Trained {names} in {time.monotonic() - began:.0f} s", soft_wrap=True)
    return starting.start(site, plan.keys, placement=placement, days=plan.days)


def _print_tally(console: Console, plan: Plan, tally: Tally, recorded: int) -> None:
    """Print what was sent, what was hit, and what was not."""
    sent = ", ".join(f"{count:,} {kind}" for kind, count in tally.sent.most_common())
    lines = [
        f"{tally.visits:,} visits, {tally.lists:,} lists ({recorded:,} recorded, "
        f"{tally.fallbacks:,} by a fallback); events: {sent}",
        f"Hits: {tally.hits:,} of {tally.wanted:,} wanted items were on the list "
        f"({tally.lists_with_a_hit:,} lists with a hit)",
    ]
    left_out = {**plan.visits.left_out, **{f"refused: {k}": n for k, n in tally.rejected.items()}}
    lines += [f"Not sent or not taken: {count:,} {reason}" for reason, count in left_out.items()]
    for line in lines:
        console.print(line, soft_wrap=True)
