"""The cells of an evaluation's table, the same in the terminal, in Markdown and in CSV."""

from collections.abc import Sequence

from recommenders.evaluation.definitions import METRICS, PRIMARY, Definition
from recommenders.evaluation.results import Figure, Paired, Results, Row, Run

NOTHING = "–"
MARKS = {"better": "▲ better", "worse": "▼ worse", "": "not told apart"}


def headings() -> list[str]:
    """Return the heads of a group's table."""
    return ["Recommender", *(each.short for each in METRICS), "NDCG against popularity"]


def cells(row: Row) -> list[str]:
    """Return a row: its primary metric with an interval, the others plain, and the comparison."""
    figures = [figure_text(each, row.figures[each.key]) for each in METRICS]
    return [row.name, *figures, against_text(row.against)]


def figure_text(definition: Definition, figure: Figure) -> str:
    """Return a figure; the primary metric's with its interval."""
    if figure.value is None:
        return NOTHING
    digits = 2 if definition.key in ("novelty", "answered") else 4
    text = f"{figure.value:.{digits}f}"
    if definition.key != PRIMARY or figure.low is None or figure.high is None:
        return text
    return f"{text} [{figure.low:.4f}, {figure.high:.4f}]"


def against_text(against: Paired | None) -> str:
    """Return the difference to popularity with its interval, its p-value and what it means."""
    if against is None:
        return "the baseline"
    return (
        f"{against.difference:+.4f} [{against.low:+.4f}, {against.high:+.4f}],"
        f" {p_text(against.p_adjusted)}, {MARKS[against.mark]}"
    )


def p_text(p: float) -> str:
    """Return a p-value.

    >>> p_text(0.03), p_text(1e-9)
    ('p = 0.030', 'p < 0.001')
    """
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def run_headings() -> list[str]:
    """Return the heads of the table of times."""
    return ["Recommender", "Algorithm", "Fit, s", "Scores, ms a unit", "Settings changed"]


def run_cells(run: Run, defaults: dict[str, object]) -> list[str]:
    """Return what a recommender took, and how its settings differ from the defaults."""
    if run.fit_s is None or run.score_ms is None:
        return [run.name, run.algorithm, NOTHING, NOTHING, f"failed: {run.error}"]
    changed = {name: v for name, v in run.settings.items() if defaults.get(name) != v}
    said = ", ".join(f"{name} {value}" for name, value in sorted(changed.items()))
    return [run.name, run.algorithm, f"{run.fit_s:.2f}", f"{run.score_ms:.3f}", said or NOTHING]


def rows_of(results: Results, group: str) -> Sequence[Row]:
    """Return a group's rows, as the contenders were named."""
    return [row for row in results.rows if row.group == group]
