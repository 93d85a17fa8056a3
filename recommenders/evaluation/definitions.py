"""The figures of an evaluation: their names, what each says, and which way is better.

Formulas stand with the functions that compute them; docs/metrics.md has a worked example of each.
"""

from dataclasses import dataclass
from enum import StrEnum


class Better(StrEnum):
    """Which of two values is the better one."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"  # what is right depends on the shop


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure: `short` heads its column; `has_interval`: whether units each have a value."""

    key: str
    name: str
    short: str
    says: str
    better: Better = Better.HIGHER
    has_interval: bool = True


METRICS = (
    Definition("precision", "Precision", "P", "Wanted items among the k listed, / k."),
    Definition("recall", "Recall", "R", "Wanted items among the k listed, / all wanted."),
    Definition(
        "ndcg",
        "NDCG",
        "NDCG",
        "Hits discounted by log2(rank + 1), / the best that min(k, wanted) hits could give.",
    ),
    Definition(
        "map_relevant",
        "MAP, by wanted",
        "MAP wanted",
        "Precision at each hit, summed, / all wanted.",
    ),
    Definition(
        "map_min",
        "MAP, by min(k, wanted)",
        "MAP min",
        "Precision at each hit, summed, / min(k, wanted).",
    ),
    Definition("mrr", "Mean reciprocal rank", "MRR", "1 / rank of the first hit, 0 without one."),
    Definition("hit_rate", "Hit rate", "Hits", "Share of units with any wanted item in the list."),
    Definition(
        "coverage",
        "Coverage",
        "Cov",
        "Share of the items learned from that any list shows.",
        has_interval=False,
    ),
    Definition(
        "gini",
        "Gini index",
        "Gini",
        "How unevenly places fall to all items: 0 alike, 1 all to one.",
        Better.LOWER,
        has_interval=False,
    ),
    Definition(
        "novelty",
        "Novelty",
        "Nov",
        "Mean of -log2(share of units that touched the item), bits (MIUF).",
        Better.NEITHER,
    ),
    Definition(
        "diversity",
        "Diversity",
        "Div",
        "Mean distance of two listed items by content, else by category.",
        Better.NEITHER,
    ),
    Definition(
        "serendipity",
        "Serendipity",
        "Ser",
        "How far hits stand above their place by popularity, / k.",
    ),
    Definition(
        "popularity",
        "Popularity bias",
        "Pop",
        "Mean share of units that touched the listed items.",
        Better.NEITHER,
    ),
    Definition(
        "answered",
        "Answered",
        "Ans",
        "Share of units that got a list; the others count as misses, and have none of the four "
        "figures on what lists are like.",
    ),
)
BY_KEY = {each.key: each for each in METRICS}
PRIMARY = "ndcg"  # what recommenders are compared by
GROUP_WORDS = {
    "all": "Everybody: hot, warm and cold",
    "hot": "Hot: 5 different items or more before the cut",
    "warm": "Warm: 1 to 4 different items before the cut",
    "cold": "Cold: nothing before the cut, asked about as strangers",
    "arrived": "Arrived: those strangers after their first act, judged on the rest",
}
