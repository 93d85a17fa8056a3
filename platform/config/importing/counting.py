"""Rows counted before the reader's eyes while files are read, whose length nobody knows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def counted_rows(title: str) -> Iterator[Callable[[int], None]]:
    """Show a line on stderr with the rows so far; yields what is called with each further few."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        yield lambda rows: bar.advance(task, rows)
