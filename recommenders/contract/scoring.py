"""Contracts of scores: their shape, their order, and that they are always the same."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from recommenders.base import Capability, Queries
from recommenders.contract.boards import SIZE, checkerboard
from recommenders.contract.judging import Candidate, require, scores_of
from recommenders.ranking import top_k

ALL = tuple(range(SIZE))
THREADS = 4
K = 10


def shape_and_type(candidate: Candidate) -> None:
    """Scores are float32, a row for each query in its order, and none is infinite."""
    recommender = candidate.fitted(checkerboard())
    scores = recommender.score(Queries(np.array([3, -1, 0, 3])))
    require(scores.shape == (4, SIZE), f"4 queries gave {scores.shape}, not (4, {SIZE})")
    require(scores.dtype == np.float32, f"scores are {scores.dtype}, not float32")
    require(not np.isinf(scores).any(), "scores hold infinity; say NaN for nothing")
    require(_same(scores[0], scores[3]), "one unit asked for twice in a batch scores differently")
    nobody = recommender.score(Queries(np.zeros(0, np.int64)))
    require(nobody.shape == (0, SIZE), f"no queries gave {nobody.shape}, not (0, {SIZE})")


def held_out_first(candidate: Candidate) -> None:
    """PERSONAL: each unit's held-out favourite comes first. Otherwise all lists are the same."""
    data = checkerboard()
    scores = scores_of(candidate.fitted(data), *ALL)
    if not candidate.can(Capability.PERSONAL):
        same = all(_same(row, scores[0]) for row in scores)
        require(same, "lists differ between units, and PERSONAL is not declared")
        return
    for unit in ALL:
        seen = data.matrix[[unit]].indices.astype(np.int64)
        best = top_k(scores[unit], 1, excluded=seen).tolist()
        require(best == [unit], f"unit {unit} should be shown item {unit} first; it is {best}")


def batch_is_single(candidate: Candidate) -> None:
    """A unit scores the same alone as among others, but for the order of sums."""
    recommender = candidate.fitted(checkerboard())
    batch = scores_of(recommender, *ALL, -1)
    for place, unit in enumerate((*ALL, -1)):
        alone = scores_of(recommender, unit)[0]
        same = np.allclose(alone, batch[place], rtol=1e-4, atol=1e-5, equal_nan=True)
        require(same, f"unit {unit} scores differently alone than in a batch")


def filters_hold(candidate: Candidate) -> None:
    """Filters stand outside: what was seen is scored too, and more than the few best items.

    So a shop may show again what was bought, and a list stays full when some may not be shown.
    """
    scores = scores_of(candidate.fitted(checkerboard()), *ALL)
    allowed = np.arange(SIZE) % 3 > 0
    for unit in ALL:
        items = top_k(scores[unit], K, allowed=allowed)
        require(len(items) == K, f"{len(items)} of {K} places of a list are filled for unit {unit}")
        require(bool(allowed[items].all()), "a list shows what is filtered")
        require(bool((np.diff(scores[unit][items]) <= 0).all()), "a list is not in order")


def steady(candidate: Candidate) -> None:
    """Scores stay what they are: asked again, written over by the caller, or from many threads."""
    recommender = candidate.fitted(checkerboard())
    before = scores_of(recommender, *ALL)
    handed_out = recommender.score(Queries(np.array(ALL)))
    if handed_out.flags.writeable:
        handed_out[:] = 0
    require(_same(scores_of(recommender, *ALL), before), "scores change when asked for again")
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(lambda unit: scores_of(recommender, unit), ALL * 4))
    alone = [scores_of(recommender, unit) for unit in ALL] * 4
    same = all(_same(one, other) for one, other in zip(together, alone, strict=True))
    require(same, "scores change when several threads ask at once")


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other, equal_nan=True)
