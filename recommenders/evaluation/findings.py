"""What a table says, in sentences: who leads, who is not to be told from the leader, who loses."""

from collections.abc import Sequence
from typing import Any

from recommenders.evaluation.definitions import PRIMARY
from recommenders.evaluation.results import Paired, Results, Row

LEVEL = 0.05
FEWEST = 20  # units; fewer give intervals that say nothing


def findings(results: Results) -> list[tuple[str, str]]:
    """Return each group with what its rows say of NDCG, by intervals and corrected p-values."""
    return [(group, _finding(results, group)) for group in results.groups]


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Return the rows, best by the primary metric first; equals keep their order."""
    return sorted(rows, key=lambda row: -(row.figures[PRIMARY].value or 0))


def _finding(results: Results, group: str) -> str:
    rows = ranked([row for row in results.rows if row.group == group])
    if (count := rows[0].n_units) < FEWEST:
        return f"{count} unit{'' if count == 1 else 's'}: too few to tell recommenders apart."
    if not rows[0].figures[PRIMARY].value:
        return f"Of {count:,} units nobody was shown anything they wanted."
    leader, pairs = rows[0].name, results.pairs[group]
    equals = [row.name for row in rows[1:] if _is_equal(pairs, leader, row.name)]
    sentences = [
        f"{leader} leads with NDCG {_number(rows[0].figures[PRIMARY].value)} over"
        f" {rows[0].n_units:,} units"
        + (f", not told apart by chance from {_and(equals)}." if equals else ".")
    ]
    return " ".join([*sentences, *_beside_baseline(results.baseline, rows)])


def _beside_baseline(baseline: str, rows: Sequence[Row]) -> list[str]:
    marks = {
        mark: [row.name for row in rows if _mark(row) == mark] for mark in ("better", "", "worse")
    }
    found = []
    if marks["better"]:
        found.append(f"Better than {baseline}: {_and(marks['better'])}.")
    else:
        found.append(f"Nothing is better than {baseline}.")
    if marks["worse"]:
        found.append(f"Worse: {_and(marks['worse'])}.")
    if marks[""]:
        found.append(f"Not told apart from it: {_and(marks[''])}.")
    return found


def _mark(row: Row) -> str | None:
    return None if row.against is None else row.against.mark


def _is_equal(pairs: Sequence[Paired], one: str, other: str) -> bool:
    return any(
        {pair.one, pair.other} == {one, other} and pair.p_adjusted >= LEVEL for pair in pairs
    )


def _number(value: float | None) -> str:
    return "0" if value is None else f"{value:.4f}"


def _and(names: Sequence[str]) -> str:
    """Return names as a sentence has them.

    >>> _and(["a"]), _and(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def setting_text(settings: dict[str, Any]) -> str:
    """Return settings in one line; "" for none."""
    return ", ".join(f"{name} {value}" for name, value in sorted(settings.items()))
