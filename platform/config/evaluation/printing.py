"""An evaluation in the terminal, and as Markdown."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from config.evaluation.cells import cells, headings, rows_of, run_cells, run_headings
from recommenders.evaluation.definitions import GROUP_WORDS, METRICS, PRIMARY
from recommenders.evaluation.findings import findings
from recommenders.evaluation.results import Results, Run
from recommenders.registry import recommender_class

IN_TERMINAL = ("precision", "recall", PRIMARY, "map_min", "coverage", "answered")


def show(console: Console, results: Results) -> None:
    """Print a table of each group, the sentences that sum it up, and the times."""
    for line in facts_lines(results):
        console.print(line, soft_wrap=True)
    said = dict(findings(results))
    shown = [0, *(1 + i for i, each in enumerate(METRICS) if each.key in IN_TERMINAL), -1]
    for group in results.groups:
        table = [_picked(cells(row), shown) for row in rows_of(results, group)]
        console.print(rich_table(GROUP_WORDS[group], _picked(headings(), shown), table))
        console.print(said[group], soft_wrap=True)
    console.print(rich_table("Times", run_headings(), _runs(results)))


def _picked(texts: Sequence[str], places: Sequence[int]) -> list[str]:
    return [texts[place] for place in places]


def rich_table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table for the terminal whose first and last columns are text."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE)
    for place, head in enumerate(heads):
        is_number = 0 < place < len(heads) - 1
        table.add_column(head, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _runs(results: Results) -> list[list[str]]:
    return [run_cells(run, _defaults(run)) for run in results.runs]


def _defaults(run: Run) -> dict[str, Any]:
    return {} if run.error else dict(recommender_class(run.algorithm).defaults)


def facts_lines(results: Results) -> list[str]:
    """Return in sentences what was learned from and who was asked, fold by fold."""
    facts = results.facts
    seen = "what was seen is not listed" if facts["seen_removed"] else "what was seen may be listed"
    lines = [f"Lists of {results.k}; {seen}; seed {results.seed}."]
    for fold in range(len(facts["units"])):
        asked = {group: counts[fold] for group, counts in facts["asked"].items() if counts[fold]}
        lines.append(
            f"Learned from {facts['interactions'][fold]:,} interactions of"
            f" {facts['units'][fold]:,} units with {facts['items'][fold]:,} items"
            f"{_until(facts['cut_us'][fold])}; asked: "
            + ", ".join(f"{count:,} {group}" for group, count in asked.items())
            + f", who wanted {facts['wanted'][fold]:,} items"
            + _unreachable(facts["unreachable"][fold])
        )
    return lines


def _until(cut_us: int) -> str:
    if not cut_us:
        return ""
    return f" until {datetime.fromtimestamp(cut_us / 1e6, UTC):%Y-%m-%d %H:%M} UTC"


def _unreachable(count: int) -> str:
    return f"; {count:,} interactions were with items that were not there yet." if count else "."


def markdown(results: Results) -> str:
    """Return all tables with their sentences."""
    parts = [f"{line}\n" for line in facts_lines(results)]
    for group, said in findings(results):
        rows = [cells(row) for row in rows_of(results, group)]
        parts += [f"### {GROUP_WORDS[group]}\n", f"{said}\n", markdown_table(headings(), rows)]
    parts += ["### Times\n", markdown_table(run_headings(), _runs(results))]
    return "\n".join(parts)


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose first and last columns are text, the others numbers."""
    lines = ["| " + " | ".join(heads) + " |"]
    lines.append("| " + " | ".join(["---", *["--:"] * (len(heads) - 2), "---"]) + " |")
    lines += ["| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
