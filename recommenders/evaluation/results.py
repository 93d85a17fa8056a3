"""What an evaluation found, as plain data: it goes to JSON, tables and the database as it is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Contender:
    """A recommender that takes part: shown under `name`, an algorithm with settings."""

    name: str
    algorithm: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its interval; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Paired:
    """NDCG of one recommender minus another's; `p_adjusted`: by Holm, among those beside it."""

    one: str
    other: str
    difference: float
    low: float
    high: float
    p: float
    p_adjusted: float

    @property
    def mark(self) -> str:
        """Return "better", "worse", or "" where chance may account for the difference."""
        if self.p_adjusted >= 0.05:
            return ""
        return "better" if self.difference > 0 else "worse"


@dataclass(frozen=True, slots=True)
class Row:
    """One recommender in one group of units. `against`: popularity, None for popularity itself."""

    name: str
    group: str
    n_units: int
    figures: dict[str, Figure]
    against: Paired | None


@dataclass(frozen=True, slots=True)
class Run:
    """What a recommender took: `fit_s` of a fit, `score_ms` of a unit's scores, means over folds.

    `error`: why it gave nothing, "" when it did.
    """

    name: str
    algorithm: str
    settings: dict[str, Any]
    fit_s: float | None
    score_ms: float | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """The whole table. `facts`: of the data; `pairs`: every two recommenders, by group."""

    k: int
    seed: int
    baseline: str
    facts: dict[str, Any]
    runs: list[Run]
    rows: list[Row]
    pairs: dict[str, list[Paired]]

    def document(self) -> dict[str, Any]:
        """Return everything as JSON holds it."""
        return asdict(self)

    @property
    def groups(self) -> list[str]:
        """Return the groups that have units, in order."""
        return list(dict.fromkeys(row.group for row in self.rows))


def results_from(document: Mapping[str, Any]) -> Results:
    """Return the results that a document holds."""
    rows = [
        Row(
            **{
                **row,
                "figures": {key: Figure(**figure) for key, figure in row["figures"].items()},
                "against": Paired(**row["against"]) if row["against"] else None,
            }
        )
        for row in document["rows"]
    ]
    pairs = {
        group: [Paired(**pair) for pair in found] for group, found in document["pairs"].items()
    }
    runs = [Run(**run) for run in document["runs"]]
    return Results(**{**document, "rows": rows, "pairs": pairs, "runs": runs})
