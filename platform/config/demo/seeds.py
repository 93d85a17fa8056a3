"""Many demonstrations together: how often each metric's interval held the true lift."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table

from analytics.stats.formats import percent
from config.demo.recovery import Recovered

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """What one demonstration found."""

    seed: int
    visitors: int
    days: int
    calls: int
    units: int
    verdict: str | None
    lifts: list[Recovered]


@dataclass(frozen=True, slots=True)
class Held:
    """One metric of one treatment over several runs; lifts are means over the runs."""

    metric: str
    treatment: str
    runs: int
    held: int
    true_lift: float
    missed: tuple[int, ...]


def held_of(runs: Sequence[Run]) -> list[Held]:
    """Return, for every metric and treatment, in how many runs the interval held the truth."""
    by_place: dict[Place, list[tuple[int, Recovered]]] = {}
    for run in runs:
        for row in run.lifts:
            by_place.setdefault((row.metric, row.treatment), []).append((run.seed, row))
    return [
        Held(
            metric=metric,
            treatment=treatment,
            runs=len(rows),
            held=sum(row.is_inside for _seed, row in rows),
            true_lift=sum(row.true_lift for _seed, row in rows) / len(rows),
            missed=tuple(seed for seed, row in rows if not row.is_inside),
        )
        for (metric, treatment), rows in by_place.items()
    ]


HEADINGS = ("Metric", "Treatment", "Held", "Mean true lift", "Seeds that missed")


def _cells(row: Held) -> tuple[str, ...]:
    missed = ", ".join(map(str, row.missed)) or "–"
    counts = f"{row.held} of {row.runs}"
    return row.metric, row.treatment, counts, percent(row.true_lift, is_signed=True), missed


def summary(title: str, runs: Sequence[Run]) -> Table:
    """Return the table for the terminal."""
    table = Table(*HEADINGS, title=title, title_justify="left", box=box.SIMPLE)
    for row in held_of(runs):
        table.add_row(*_cells(row))
    return table


def markdown(published: Sequence[Run], drawn: Sequence[Run]) -> str:
    """Return both tables as a page of the documentation."""
    first = published[0] if published else drawn[0]
    parts = [
        "# Does the report find what was planted?\n",
        "Made by `./armature manage demo_seeds --markdown docs/demo-recovery.md`: "
        "one demonstration for each seed, in an installation of its own, over HTTP, with "
        f"{first.visitors:,} visitors and {first.days} days (a full one has 15,000 visitors). "
        "*Held* counts the runs whose 95 % interval of the lift contains the true lift.\n",
        "## Published seeds\n",
        _markdown_table(published),
        "## Seeds drawn when the command started\n",
        f"Seeds {', '.join(str(run.seed) for run in drawn)}.\n" if drawn else "None.\n",
        _markdown_table(drawn),
    ]
    return "\n".join(parts)


def _markdown_table(runs: Sequence[Run]) -> str:
    lines = ["| " + " | ".join(HEADINGS) + " |", "| --- | --- | --- | --- | --- |"]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in held_of(runs)]
    return "\n".join(lines) + "\n"
