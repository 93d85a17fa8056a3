"""`./armature up`: the web server, the workers and beat under one parent."""

import signal
import sys
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.db import connection, connections

from config.installation import NotMigratedError, bring_up_to_date
from config.running import default_services, port_is_free
from config.supervisor import Supervisor
from config.watchdog import Watchdog

WORKERS = {"sqlite": 1, "postgresql": 2}  # SQLite has one writer


class Command(BaseCommand):
    """Runs everything until Ctrl-C or SIGTERM; a second one ends it at once."""

    help = "Run the web server, the Celery workers and beat together."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where to listen and how many web processes to run."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, help="web processes (1 on SQLite, else 2)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the port and the database, then run the services."""
        host, port = options["host"], options["port"]
        workers = options["workers"] or WORKERS[connection.vendor]
        if not port_is_free(host, port):
            raise CommandError(f"port {port} of {host} is taken; choose another with --port")
        try:
            bring_up_to_date(self.stdout.write)
        except NotMigratedError as error:
            raise CommandError(str(error)) from error
        connections.close_all()
        supervisor = Supervisor(default_services(host, port, workers=workers), sys.stdout)
        _stop_on_signals(supervisor)
        supervisor.start()
        url = f"http://{_shown(host)}:{port}/"
        Watchdog(supervisor, f"{_reachable(url)}readyz").start()
        self.stdout.write(f"armature serves {url} (Ctrl-C stops it)")
        supervisor.wait()
        self.stdout.write("armature has stopped")


def _stop_on_signals(supervisor: Supervisor) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        supervisor.request_stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _shown(host: str) -> str:
    """Return the host as a URL writes it."""
    return f"[{host}]" if ":" in host else host


def _reachable(url: str) -> str:
    """Return the URL by which this machine reaches a server that listens on every address."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
