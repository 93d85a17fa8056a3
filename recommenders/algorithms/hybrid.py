"""A weighted blend of other recommenders, its weights learned on what came later."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.base import (
    Capability,
    Queries,
    Recommender,
    Scores,
    Settings,
    State,
    TrainingData,
)
from recommenders.errors import SettingsError
from recommenders.evaluation.metrics import ndcg_of_scores

GRID = 10  # weights in steps of a tenth
VALIDATION_UNITS = 1_000


class Hybrid:
    """Standardised scores of the bases, added with learned weights.

    A base that knows nothing of a unit is left out for it, so a new unit gets what the others say.
    """

    can = frozenset({Capability.PERSONAL, Capability.COLD_UNITS})
    defaults: Settings = {
        "bases": "popularity,lightfm,item_knn",
        "held_out": 0.2,
        "k": 10,
    }

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.names = usable_bases(str(settings["bases"]))
        self.bases_: list[Recommender] = []
        self.weights_ = np.full(len(self.names), 1 / len(self.names), np.float32)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Learn the weights on the latest share of interactions, then fit the bases on all."""
        if held_out := _latest(data, float(self.settings["held_out"])):
            early, late = held_out
            self.bases_ = self._fitted(early, rng)
            self.weights_ = self._learned_weights(early, late, rng)
        self.bases_ = self._fitted(data, rng)
        return self

    def _fitted(self, data: TrainingData, rng: np.random.Generator) -> list[Recommender]:
        from recommenders.registry import make

        return [make(name, {}).fit(data, rng=rng) for name in self.names]

    def _learned_weights(
        self, early: TrainingData, late: TrainingData, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Return the weights on the simplex with the best NDCG on the later interactions."""
        truth = late.matrix
        units = np.flatnonzero(np.diff(truth.indptr))
        if len(units) > VALIDATION_UNITS:
            units = np.sort(rng.choice(units, VALIDATION_UNITS, replace=False))
        parts = self._standardised(Queries(units.astype(np.int64)))
        wanted = truth[units]
        k = int(self.settings["k"])
        return max(
            simplex(len(parts)),
            key=lambda weights: ndcg_of_scores(_blend(parts, weights), wanted, k),
        )

    def _standardised(self, queries: Queries) -> NDArray[np.float32]:
        """Return each base's scores with mean 0 and deviation 1 per unit: (bases, units, items)."""
        return np.stack([_standardise(base.score(queries)) for base in self.bases_])

    def score(self, queries: Queries) -> Scores:
        """Return the blend; NaN only where no base has a score."""
        return _blend(self._standardised(queries), self.weights_)

    def state(self) -> State:
        """Return the weights, and every base's arrays under its own name."""
        arrays: State = {"weights": self.weights_}
        for name, base in zip(self.names, self.bases_, strict=True):
            arrays |= {f"{name}.{key}": value for key, value in base.state().items()}
        return arrays

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted blend of the bases whose arrays are there."""
        from recommenders.base import checked_settings
        from recommenders.registry import recommender_class

        self = cls(settings)
        stored = {key.partition(".")[0] for key in state if "." in key}
        self.names = [name for name in _words(str(settings["bases"])) if name in stored]
        self.weights_ = state["weights"]
        self.bases_ = []
        for name in self.names:
            prefix = f"{name}."
            own = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
            chosen = recommender_class(name)
            self.bases_.append(chosen.from_state(own, checked_settings({}, chosen.defaults)))
        return self


def usable_bases(text: str) -> list[str]:
    """Return the named bases that can run here; raises SettingsError when none can."""
    from recommenders.registry import available

    names = _words(text)
    here = available()
    usable = [name for name in names if name in here and name != "hybrid"]
    if not usable:
        raise SettingsError(f"no base of {text!r} can run here", field="settings.bases")
    return usable


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _latest(data: TrainingData, share: float) -> tuple[TrainingData, TrainingData] | None:
    """Return the data before and after the moment that leaves `share` of interactions later."""
    if len(data.age_days) < 50 or not 0 < share < 1:
        return None
    cut = np.quantile(data.age_days, share)
    late = data.age_days < cut
    return (data.where(~late), data.where(late)) if 0 < late.sum() < len(late) else None


def simplex(parts: int) -> Iterator[NDArray[np.float32]]:
    """Yield every weight vector in steps of 1 / GRID that sums to one."""
    for steps in product(range(GRID + 1), repeat=parts):
        if sum(steps) == GRID:
            yield np.array(steps, np.float32) / GRID


def _standardise(scores: Scores) -> Scores:
    """Return scores with mean 0 and deviation 1 in each row; rows without scores stay NaN."""
    known = np.isfinite(scores)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    filled = np.where(known, scores, 0)
    mean = filled.sum(axis=1, keepdims=True) / count
    centred = np.where(known, scores - mean, 0)
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
    scaled = centred / np.where(deviation > 0, deviation, 1)
    return np.where(known, scaled, np.nan).astype(np.float32)


def _blend(parts: NDArray[np.float32], weights: Sequence[float] | NDArray[np.float32]) -> Scores:
    """Return the weighted sum over the bases that have a score."""
    known = np.isfinite(parts)
    column = np.asarray(weights, np.float32)[:, None, None]
    total = np.where(known, parts * column, 0).sum(axis=0)
    return np.where(known.any(axis=0), total, np.nan).astype(np.float32)
