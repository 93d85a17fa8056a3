"""The calibration as a table in the terminal, a page of the documentation, and JSON."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich import box
from rich.table import Table

from analytics.stats.calibration.rows import ALLOWED_ERRORS, Row, plain_number

HEADINGS = ("Figure", "Target", "Ours", "Monte Carlo error", "Allowed", "Within")


def tables(rows: Sequence[Row]) -> list[Table]:
    """Return one table for each study."""
    return [_table(study, found) for study, found in _by_study(rows)]


def summary(rows: Sequence[Row]) -> str:
    """Return in one sentence how many figures agree with their targets."""
    outside = [row for row in rows if not row.is_within]
    text = f"{len(rows) - len(outside)} of {len(rows)} figures lie within their tolerance."
    if not outside:
        return text
    return f"{text} Outside: {'; '.join(f'{row.study}, {row.name}' for row in outside)}."


def markdown(rows: Sequence[Row], *, seed: int, is_quick: bool) -> str:
    """Return the page: how it was made, how to read it, and a table for each study."""
    parts = [
        "# Do the statistics err as often as they claim?\n",
        f"Made by `./armature manage calibrate{' --quick' if is_quick else ''} --seed {seed} "
        "--markdown docs/calibration.md`: the functions that make the reports, on simulated "
        "shops.\n",
        f"*Monte Carlo error* is that of our figure. *Allowed* is {ALLOWED_ERRORS:g} times the "
        "joint error of our figure and the target, and the rounding of the target: as far as "
        "chance alone may carry them apart. A range as target is what the figure must lie in. "
        "*Limits* repeat the rates that must not be exceeded.\n",
        "Revenue: 3 % of the units buy, for log-normal baskets of median 60 with log-deviation "
        "1.0 (R1) or 1.5 (R2); *capped* at the 99.9th percentile per unit; units are those of "
        "one variant; 28 equal looks, 10 at 1,000 units. Confidence sequences begin at 500 "
        "units, or 100 conversions, per variant.\n",
        "The published figures do not always tell their runs or their simulated units. Coverage "
        "on revenue is taken as published from 4,000 runs: as of 100,000, five of nine figures "
        "would lie beyond chance, to both sides. Fieller's coverage counts the sets too wide to "
        "be shown. Skewed revenue under CUPED is log-normal before and after; buyers order 1.3 "
        "times.\n",
        "Two simulated shops were chosen so that they give the published figure, and so confirm "
        "it less than the rest: impressions per unit are geometric (of the naive click test, "
        "0.169), and metric and past correlate by 0.75 where half the units lack history (of the "
        "variance ratio, 0.72). Ratios, sample ratios and Thompson sampling are taken as "
        "published from 4,000 runs, CUPED from 1,000.\n",
        f"{summary(rows)}\n",
    ]
    for study, found in _by_study(rows):
        parts += [f"## {study}\n", _markdown_table(found)]
    return "\n".join(parts)


def document(rows: Sequence[Row], *, seed: int, is_quick: bool) -> dict[str, Any]:
    """Return everything as plain data."""
    figures = [
        row.to_dict() | {"tolerance": row.tolerance, "is_within": row.is_within} for row in rows
    ]
    return {"seed": seed, "is_quick": is_quick, "rows": figures}


def _by_study(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Return the rows by study, studies in the order of their first row."""
    order = {study: place for place, study in enumerate(dict.fromkeys(row.study for row in rows))}
    ordered = sorted(rows, key=lambda row: order[row.study])
    return [(study, list(found)) for study, found in groupby(ordered, lambda row: row.study)]


def _cells(row: Row) -> tuple[str, ...]:
    figures = (plain_number(each) for each in (row.ours, row.error, row.tolerance))
    return row.name, row.target.text, *figures, "yes" if row.is_within else "**no**"


def _table(study: str, rows: Sequence[Row]) -> Table:
    table = Table(title=study, title_justify="left", box=box.SIMPLE)
    for place, heading in enumerate(HEADINGS):
        is_number = 0 < place < len(HEADINGS) - 1
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _markdown_table(rows: Sequence[Row]) -> str:
    lines = ["| " + " | ".join(HEADINGS) + " |", "| --- | --: | --: | --: | --: | --- |"]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"
