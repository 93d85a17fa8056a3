"""Sums over many units' lists, and what they come to. Pure but for numpy."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from recommenders.comparing.likeness import rank_biased_overlap, shared


@dataclass(frozen=True, slots=True)
class Listed:
    """One list of one column: its items in order, and whether the column made it itself.

    `categories`, `prices`: of its items, prices in minor units, where they are known.
    """

    ids: Sequence[str]
    categories: Sequence[str]
    prices: Sequence[int]
    took_ms: float
    is_own: bool


@dataclass
class Tally:
    """What one column's lists sum to; `overlaps`: how many lists share so many items."""

    k: int
    best_sellers: frozenset[str]
    n: int = 0
    n_empty: int = 0
    n_short: int = 0
    n_stand_in: int = 0
    n_shown: int = 0
    n_best: int = 0
    n_categories: int = 0
    n_same: int = 0
    rank_biased: float = 0.0
    shown: Counter[str] = field(default_factory=Counter)
    overlaps: Counter[int] = field(default_factory=Counter)
    prices: list[int] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)

    def add(self, listed: Listed, first: Listed) -> None:
        """Take in a unit's list beside the first column's."""
        self.n += 1
        self.n_empty += not listed.ids
        self.n_short += 0 < len(listed.ids) < self.k
        self.n_stand_in += not listed.is_own
        self.n_shown += len(listed.ids)
        self.n_best += sum(item in self.best_sellers for item in listed.ids)
        self.n_categories += len(set(listed.categories))
        self.n_same += list(listed.ids) == list(first.ids)
        self.rank_biased += rank_biased_overlap(listed.ids, first.ids)
        self.shown.update(listed.ids)
        self.overlaps[shared(listed.ids, first.ids)] += 1
        self.prices += listed.prices
        self.took_ms.append(listed.took_ms)

    def figures(self, n_catalogue: int) -> dict[str, Any]:
        """Return what the sums come to, as JSON; None for what cannot be said."""
        n = self.n
        return {
            "n": n,
            "overlaps": [self.overlaps[shared_] for shared_ in range(self.k + 1)],
            "overlap": _per(sum(s * times for s, times in self.overlaps.items()), n),
            "rank_biased": _per(self.rank_biased, n),
            "identical": _per(self.n_same, n),
            "coverage": _per(len(self.shown), n_catalogue),
            "best_sellers": _per(self.n_best, self.n_shown),
            "categories": _per(self.n_categories, n),
            "price": float(median(self.prices)) if self.prices else None,
            "empty": self.n_empty,
            "short": self.n_short,
            "stand_in": self.n_stand_in,
            "p95_ms": float(np.quantile(self.took_ms, 0.95)) if self.took_ms else None,
        }


def _per(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def conclusion(first: str, other: str, figures: Mapping[str, Any], k: int) -> str:
    """Return in a sentence whether an experiment of two columns could show a difference.

    >>> conclusion("A", "B", {"overlap": 9.7, "n": 100, "stand_in": 0}, 10)
    'B and A share 97 % of their items: an experiment can hardly show a difference.'
    """
    if figures["overlap"] is None:
        return f"{other} was compared for nobody."
    if figures["stand_in"] == figures["n"]:
        return f"{other} never answered itself, so this says nothing of it."
    alike = figures["overlap"] / k
    said = f"{other} and {first} share {round(100 * alike)} % of their items"
    if alike >= 0.9:
        return f"{said}: an experiment can hardly show a difference."
    if alike >= 0.6:
        return f"{said}: an experiment would need many units to show a difference."
    return f"{said}: an experiment has something to tell apart."
