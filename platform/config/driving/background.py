"""This installation's own services in the background of a command, and bars for its foreground."""

import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from config.processes import Service
from config.running import wait_ready
from config.supervisor import Supervisor

HOST = "127.0.0.1"
START_S = 180.0  # a first start on a busy machine
PIPED_WIDTH = 130  # a file has no width of its own; tables fold badly at the usual 80
COLUMNS = (
    TextColumn("{task.description:<34}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
    TimeRemainingColumn(),
)


def console_on(out: Any) -> Console:
    """Return a console as wide as the terminal that `out` is, or as a table needs.

    Square brackets are printed as they stand: names come from people, and are no markup.
    """
    width = None if out.isatty() else PIPED_WIDTH
    return Console(file=cast("IO[str]", out), width=width, markup=False)


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def in_background(services: Sequence[Service], log: Path, url: str) -> Iterator[Supervisor]:
    """Run services until the block ends; what they say goes to `log`. Enters once `url` answers."""
    with log.open("a") as out:
        supervisor = Supervisor(services, out)
        supervisor.start()
        try:
            wait_ready(url, START_S)
            yield supervisor
        finally:
            supervisor.stop()


@contextmanager
def bar(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on standard error; the block calls what it gets with each advance."""
    with Progress(*COLUMNS, console=Console(file=sys.stderr)) as progress:
        task = progress.add_task(title, total=total)
        yield lambda count: progress.advance(task, count)
