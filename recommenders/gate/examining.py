"""Looking at an artifact as serving opens it: its lists for units it knows, and for a stranger."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommenders.artifacts import Artifact
from recommenders.base import Capability, Queries
from recommenders.clocks import Spent
from recommenders.ranking import top_k

LIST = 10  # items of a list: about what a page shows
UNITS = 500  # known units whose lists are made
TIMED = 60  # of these, asked for one by one and timed
BATCH = 50


@dataclass(frozen=True, slots=True)
class Examination:
    """What an artifact gave. `shortest`: items in the shortest list that a known unit got.

    `silent`: known units without one usable score. `infinite`: whether a score was beyond number.
    `repeated`: an item that stood twice in one list, "" for none. `shown`: different items over
    all lists. `for_stranger`: items that a unit nobody knows gets. `slow_ms`: the time of one list
    that one in a hundred passes.
    """

    n_items: int
    n_units: int
    shortest: int
    silent: int
    infinite: bool
    repeated: str
    shown: int
    for_stranger: int
    slow_ms: float
    is_personal: bool
    claims_strangers: bool


def examine(artifact: Artifact, *, rng: np.random.Generator) -> Examination:
    """Return what an open artifact gives to a sample of its units and to a stranger."""
    sample = _sample(len(artifact.unit_ids), rng)
    scores = _scores(artifact, sample)
    lists = [_ids(artifact, row) for row in scores]
    stranger = artifact.recommender.score(Queries(np.array([-1], np.int64)))[0]
    can = artifact.recommender.can
    return Examination(
        n_items=len(set(artifact.item_ids)),
        n_units=len(sample),
        shortest=min((len(each) for each in lists), default=0),
        silent=sum(not np.isfinite(row).any() for row in scores),
        infinite=any(bool(np.isinf(row).any()) for row in (*scores, stranger)),
        repeated=_repeated([*lists, _ids(artifact, stranger)]),
        shown=len({item_id for each in lists for item_id in each}),
        for_stranger=len(_ids(artifact, stranger)),
        slow_ms=_slow_ms(artifact, sample),
        is_personal=Capability.PERSONAL in can,
        claims_strangers=Capability.COLD_UNITS in can,
    )


def _sample(n_units: int, rng: np.random.Generator) -> NDArray[np.int64]:
    chosen = rng.choice(n_units, size=min(UNITS, n_units), replace=False)
    return np.sort(chosen).astype(np.int64)


def _scores(artifact: Artifact, sample: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    """Return one row of scores for each unit, computed in batches."""
    parts = [sample[start : start + BATCH] for start in range(0, len(sample), BATCH)]
    return [row for part in parts for row in artifact.recommender.score(Queries(part))]


def _ids(artifact: Artifact, scores: NDArray[np.float32]) -> list[str]:
    return [artifact.item_ids[index] for index in top_k(scores, LIST).tolist()]


def _repeated(lists: list[list[str]]) -> str:
    twice = (each for ids in lists for each in ids if ids.count(each) > 1)
    return next(twice, "")


def _slow_ms(artifact: Artifact, sample: NDArray[np.int64]) -> float:
    """Return the 99th percentile of the time for one list, asked for alone, by serving's clock."""
    units = sample[:TIMED] if len(sample) else np.array([-1], np.int64)
    took_ms = []
    for unit in units:
        began = Spent.now()
        top_k(artifact.recommender.score(Queries(np.array([unit], np.int64)))[0], LIST)
        took_ms.append(began.charged_until_now() / 1e6)
    return float(np.quantile(took_ms, 0.99))
