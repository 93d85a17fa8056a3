"""The tables that `bench analysis` prints."""

import statistics
from collections.abc import Sequence

from benchmarks._analysis import steps
from benchmarks._analysis.aims import Aim
from benchmarks._analysis.refreshing import Refreshed
from benchmarks._analysis.running import Taken
from benchmarks._analysis.size import Size
from benchmarks._analysis.steps import Gbstats
from config.bench import Report, markdown


def tables(
    size: Size,
    taken: Sequence[Taken],
    refreshed: Refreshed,
    step: tuple[Report, Gbstats],
    aims: Sequence[Aim],
) -> str:
    """Return everything that was found as Markdown."""
    title = f"# {size.events:,} events, {size.slates:,} lists, {size.units:,} units"
    return "\n".join([title, "", _ways(taken), _refresh(refreshed), _step(*step), _aims(aims)])


def _ways(taken: Sequence[Taken]) -> str:
    head = [
        "## a whole analysis",
        "",
        "| way | median s | min–max s | peak MiB, own process | peak MiB, server's |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    return "\n".join([*head, *map(_way, taken), ""])


def _way(one: Taken) -> str:
    server = f"{one.peak_mib['server']:.0f}" if "server" in one.peak_mib else "–"
    return (
        f"| {one.name} | {statistics.median(one.seconds):.3f}"
        f" | {min(one.seconds):.3f}–{max(one.seconds):.3f}"
        f" | {one.peak_mib['process']:.0f} | {server} |"
    )


def _refresh(found: Refreshed) -> str:
    kept, read = statistics.median(found.kept_up_s), statistics.median(found.read_s)
    return "\n".join(
        [
            "## rollups: the first report, and after one per cent of new events",
            "",
            "| what | s |",
            "| --- | ---: |",
            f"| made from all rows | {found.built_s:.1f} |",
            f"| read for the first report | {found.first_read_s:.3f} |",
            f"| kept up for the {found.units:,} units of the new events | {kept:.2f} |",
            f"| read again | {read:.3f} |",
            "",
        ]
    )


def _step(report: Report, gbstats: Gbstats) -> str:
    text = markdown(report)
    if not gbstats.per_repeat_us:
        return f"{text}\ngbstats is not installed here.\n"
    low, high = min(gbstats.per_repeat_us), max(gbstats.per_repeat_us)
    return (
        f"{text}\ngbstats 0.8.0, in a Python of its own:"
        f" {gbstats.median_us:.0f} µs a comparison ({low:.0f}–{high:.0f}).\n"
    )


def _aims(aims: Sequence[Aim]) -> str:
    head = [
        "## aims",
        "",
        "| what | at most | found | min–max | |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    return "\n".join([*head, *map(_aim, aims), ""])


def _aim(aim: Aim) -> str:
    met = "met" if aim.is_met else "**missed**"
    spread = f"{min(aim.ratios):.3g}–{max(aim.ratios):.3g}"
    return f"| {aim.text} | {aim.limit:g} | {aim.found:.3g} | {spread} | {met} |"


def step_aims(report: Report, gbstats: Gbstats) -> list[Aim]:
    """Return the aims on the statistics step with what was found."""
    ours, tea = (steps.figure(report, name) for name in (steps.OURS, steps.TEA))
    found = [
        Aim("a comparison with its result, µs", 50, (ours,)),
        Aim("a comparison, of tea-tasting's time", 1 / 30, (ours / tea,)),
        Aim("a comparison of 10,000 at once, µs", 2, (steps.bulk(report),)),
    ]
    if gbstats.per_repeat_us:
        found.append(Aim("a comparison, of gbstats' time", 1 / 5, (ours / gbstats.median_us,)))
    return found
