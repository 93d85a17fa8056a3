"""The tables that `bench recommenders` prints beside those of the runner."""

from collections.abc import Sequence

from benchmarks._recommenders.aims import Found
from benchmarks._recommenders.memory import Held
from benchmarks._recommenders.running import Run
from benchmarks._recommenders.waiting import Waited
from config.bench import markdown


def tables(run: Run) -> str:
    """Return everything found of one number of items as Markdown."""
    return "\n".join(
        [
            f"# {run.size.n_items:,} items, {run.size.n_units:,} units,"
            f" {run.interactions:,} interactions, {run.size.factors} factors",
            "",
            *(markdown(report) for report in run.reports),
            _memory(run.held),
            _waited(run.waited),
            _aims(run.aims),
        ]
    )


def _memory(held: Sequence[Held]) -> str:
    rows = [
        f"| {each.name} | {each.processes} | {each.mapped_rss:.1f} | {each.mapped_pss:.1f}"
        f" | {each.own:.1f} | {each.mapped_pss + each.own:.1f} |"
        for each in held
    ]
    head = [
        "## memory, MiB in each process",
        "",
        "| what it holds | processes | files, RSS | files, PSS | its own | together |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    return "\n".join([*head, *rows, ""])


def _waited(waited: Sequence[Waited]) -> str:
    rows = [
        f"| {each.name} | {each.lists} | {each.median_ms:.1f} | {each.slowest_ms:.1f}"
        f" | {'–' if each.moved is None else each.moved} |"
        for each in waited
    ]
    head = [
        "## by the clock, ms until the list is there",
        "",
        "| whose list | lists | median | slowest | another than before |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    return "\n".join([*head, *rows, ""])


def _aims(aims: Sequence[Found]) -> str:
    head = [
        "## aims",
        "",
        "| what | aim | found | min–max | |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    return "\n".join([*head, *map(_aim, aims), ""])


def _aim(found: Found) -> str:
    sign = "≥" if found.aim.is_least else "≤"
    met = "met" if found.aim.is_met(found.ratio) else "**missed**"
    return (
        f"| {found.aim.text} | {sign} {found.aim.limit:g} | {found.ratio:.2f}"
        f" | {found.low:.2f}–{found.high:.2f} | {met} |"
    )
