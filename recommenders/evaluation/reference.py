"""The reference run on MovieLens 100K: its protocol, its published figures, and how near we come.

100,000 ratings, all of them liked; items in the order of their number; each user's rows, in file
order, shuffled by one generator in user order, the first 75 % learned from; seen items removed,
the whole catalogue ranked, lists of 10.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, identity

from recommenders.base import TrainingData
from recommenders.evaluation.folds import Fold, Group
from recommenders.evaluation.results import Contender, Results
from recommenders.evaluation.splits import random_per_unit

K = 10
SEED = 42
HELD_OUT = 0.25
TOLERANCE_P = 0.012
TOLERANCE_NDCG = 0.015
# Recommenders see log1p of a weight: this makes it the 1 of the reference run.
WEIGHT = float(np.expm1(1))


@dataclass(frozen=True, slots=True)
class Published:
    """What a recommender reached in the reference run, None where it was not in it."""

    contender: Contender
    precision: float | None = None
    ndcg: float | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """Our figures beside the published ones."""

    published: Published
    precision: float | None
    ndcg: float | None

    @property
    def is_within(self) -> bool:
        """Return whether both lie within their tolerance; figures nobody published always do."""
        return _near(self.precision, self.published.precision, TOLERANCE_P) and _near(
            self.ndcg, self.published.ndcg, TOLERANCE_NDCG
        )


def _near(ours: float | None, published: float | None, tolerance: float) -> bool:
    if published is None:
        return True
    return ours is not None and abs(ours - published) <= tolerance


def reference_fold(
    pairs: NDArray[np.int64], *, n_units: int, n_items: int, content: csr_matrix | None = None
) -> Fold:
    """Return the reference run's fold of ratings (unit, item), shape (n, 2), in file order.

    `content`: what is known of items, (n_items, n_terms); it takes no part in the published runs.
    """
    rng = np.random.default_rng(SEED)
    moments = np.zeros(len(pairs), np.int64)
    split = random_per_unit(pairs[:, 0], moments, share=HELD_OUT, rng=rng)
    learned, held_out = pairs[split.train], pairs[split.test]
    data = _liked(learned, n_units=n_units, n_items=n_items, content=content)
    later = _liked(held_out, n_units=n_units, n_items=n_items, content=content)
    units = np.arange(n_units)
    return Fold(
        data=data,
        units=units,
        identity=units,
        group=np.full(n_units, Group.HOT, np.int8),
        segments=np.full(n_units, -1),
        wanted=later.matrix,
        recent=csr_matrix((n_units, n_items), dtype=np.float32),  # type: ignore[arg-type]
        seen=data.matrix,
        hides_seen=True,
    )


def _liked(
    pairs: NDArray[np.int64], *, n_units: int, n_items: int, content: csr_matrix | None
) -> TrainingData:
    return TrainingData(
        n_units=n_units,
        n_items=n_items,
        unit=pairs[:, 0],
        item=pairs[:, 1],
        weight=np.full(len(pairs), WEIGHT, np.float32),
        age_days=np.zeros(len(pairs), np.float32),
        features=csr_matrix(identity(n_items, dtype=np.float32)),
        content=content,  # type: ignore[arg-type]  # None is filled by the data itself
    )


def reached(results: Results, published: list[Published]) -> list[Reached]:
    """Return our figures beside the published ones, None where a recommender failed."""
    rows = {row.name: row.figures for row in results.rows if row.group == "all"}
    return [
        Reached(
            each,
            rows[each.contender.name]["precision"].value if each.contender.name in rows else None,
            rows[each.contender.name]["ndcg"].value if each.contender.name in rows else None,
        )
        for each in published
    ]
