"""A table as rows of a spreadsheet: one for each figure, numbers left as numbers."""

from collections.abc import Iterator
from typing import Any

from recommenders.evaluation.definitions import METRICS, PRIMARY
from recommenders.evaluation.results import Results

HEADER = [
    "group",
    "recommender",
    "algorithm",
    "metric",
    "k",
    "units",
    "value",
    "low",
    "high",
    "against_popularity",
    "against_low",
    "against_high",
    "p_adjusted",
    "fit_s",
    "score_ms",
]
# Compared is the primary metric; its rows carry the comparison.
COMPARED = PRIMARY


def rows(results: Results) -> Iterator[list[Any]]:
    """Yield the header, then each figure; a cell without a value is None."""
    yield HEADER
    runs = {run.name: run for run in results.runs}
    for row in results.rows:
        run = runs[row.name]
        for metric in METRICS:
            figure = row.figures[metric.key]
            against = row.against if metric.key == COMPARED else None
            yield [
                row.group,
                row.name,
                run.algorithm,
                metric.key,
                results.k,
                row.n_units,
                figure.value,
                figure.low,
                figure.high,
                *(
                    (against.difference, against.low, against.high, against.p_adjusted)
                    if against
                    else (None,) * 4
                ),
                run.fit_s,
                run.score_ms,
            ]
