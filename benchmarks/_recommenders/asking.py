"""Serving: one list, and blocks of lists, from an artifact that was saved and mapped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from benchmarks._recommenders.bare import Items, K, Plain, predicted
from config.bench import Case
from recommenders.artifacts import Artifact
from recommenders.base import Queries
from recommenders.evaluation.lists import lists_of_scores
from recommenders.ranking import top_k

BLOCK = 64  # units whose lists are made at once
PLAIN, OURS = "numpy: product, mask, argpartition", "ours: score, top_k"
IMPLICIT, LIGHTFM = "implicit ALS.recommend", "LightFM.predict, argsort"
SERVE = "ours: serve(), the whole list"
PLAIN_BLOCK, OURS_BLOCK = "numpy: product, argpartition", "ours: score, lists_of_scores"
CHECKED = 20
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Asked:
    """Those that are asked, all with the same factors but for implicit's.

    `serve`: makes the whole list of a unit; `fast`, `slow`: units a repeat, of what takes one
    product and of `LightFM.predict`.
    """

    artifact: Artifact
    engine: Any
    als: Any
    plain: Plain
    serve: Callable[[int], object]
    units: NDArray[np.int64]
    fast: int
    slow: int

    def best(self, unit: int, acts: csr_matrix | None = None) -> Items:
        """Return a unit's ten best unseen items, as serving finds them; `acts`: those of late."""
        queries = Queries(np.array([unit], np.int64), acts)
        scores = self.artifact.recommender.score(queries)[0]
        return top_k(scores, K, excluded=self.plain.seen_by(unit).astype(np.int64))

    def best_of_block(self, units: Items) -> Items:
        """Return the ten best items of each unit, (len(units), 10)."""
        return lists_of_scores(self.artifact.recommender.score(Queries(units)), K)


def online_cases(asked: Asked) -> list[Case]:
    """Return numpy (baseline), ours, the peers and the whole of serving; each makes one list."""
    plain, seen = asked.plain, asked.plain.seen
    items = np.arange(len(asked.artifact.item_ids), dtype=np.int32)
    fast, slow = asked.units[: asked.fast].tolist(), asked.units[: asked.slow].tolist()
    acts = {unit: seen[unit] for unit in fast}  # as if each had done all of it again
    return [
        Case(PLAIN, _each(plain.best, fast), True),
        Case(OURS, _each(asked.best, fast)),
        Case("ours: moved by acts of late", _each(lambda unit: asked.best(unit, acts[unit]), fast)),
        Case(
            IMPLICIT,
            _each(lambda unit: asked.als.recommend(unit, seen[unit], N=K), fast),
            packages=("implicit",),
        ),
        Case(
            LIGHTFM,
            _each(lambda unit: predicted(asked.engine, unit, items, plain.seen_by(unit)), slow),
            packages=("lightfm-next",),
        ),
        Case("the product alone", _each(plain.product, fast)),
        Case(SERVE, _each(asked.serve, fast)),
    ]


def block_cases(asked: Asked) -> list[Case]:
    """Return numpy (baseline), ours and implicit's on blocks of units; an operation is a unit."""
    units = asked.units[:BLOCK]
    seen = asked.plain.seen[units]

    def implicit() -> object:
        return asked.als.recommend(units, seen, N=K, filter_already_liked_items=False)

    return [
        Case(PLAIN_BLOCK, _block(lambda: asked.plain.best_of_many(units)), True),
        Case(OURS_BLOCK, _block(lambda: asked.best_of_block(units))),
        Case("implicit ALS.recommend, the block", _block(implicit), packages=("implicit",)),
    ]


def require_agreement(asked: Asked) -> None:
    """Raise AssertionError unless numpy, ours and LightFM put items of the same scores first."""
    items = np.arange(len(asked.artifact.item_ids), dtype=np.int32)
    block = asked.best_of_block(asked.units[:BLOCK])
    for place, unit in enumerate(asked.units[:CHECKED].tolist()):
        scores, seen = asked.plain.product(unit), asked.plain.seen_by(unit)
        due = scores[asked.plain.best(unit)]
        theirs = predicted(asked.engine, unit, items, seen)
        for found in (scores[asked.best(unit)], scores[theirs]):
            np.testing.assert_allclose(found, due, rtol=TOLERANCE, atol=TOLERANCE)
        most = np.sort(scores)[::-1][:K]
        np.testing.assert_allclose(scores[block[place]], most, rtol=TOLERANCE, atol=TOLERANCE)


def _each(ask: Callable[[int], object], units: Sequence[int]) -> Callable[[], int]:
    def run() -> int:
        for unit in units:
            ask(unit)
        return len(units)

    return run


def _block(ask: Callable[[], object]) -> Callable[[], int]:
    def run() -> int:
        ask()
        return BLOCK

    return run
