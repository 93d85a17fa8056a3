"""A weighted blend of other recommenders, its weights learned on what came later."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, Self

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
    checked_settings,
)
from recommenders.errors import SettingsError
from recommenders.evaluation.metrics import ndcg_of_scores
from recommenders.evaluation.splits import hot_units, split_by_time
from recommenders.registry import available, fitted_class, make, names

Weights = NDArray[np.float32]

GRID = 10  # weights in steps of a tenth
MIN_INTERACTIONS = 50  # fewer cannot tell one weight from another
VALIDATION_UNITS = 1_000
VALIDATION_CELLS = 20_000_000  # units x items judged at most, so that training stays in minutes
BLOCK_CELLS = 1_000_000  # units x items held at one time, so that memory stays bounded


@dataclass(frozen=True, slots=True)
class Parts:
    """What the bases say of some units, each unit's scores with mean 0 and deviation 1.

    `scores`: (n_bases, n_units, n_items), 0 where a base has none; `heard`: (n_bases, n_units),
    whether a base knows the unit; `known`: (n_units, n_items), whether any base has a score.
    """

    scores: NDArray[np.float32]
    heard: NDArray[np.bool_]
    known: NDArray[np.bool_]


class Hybrid:
    """Standardised scores of the bases, added with learned weights.

    A base that knows nothing of a unit is left out for it; where that leaves no base of any
    weight, those that do know the unit count alike. Bases that cannot run here are left out.
    """

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSONAL, Capability.COLD_UNITS})
    defaults: ClassVar[Settings] = {
        "bases": "popularity,lightfm,item_knn",
        "held_out": 0.2,
        "k": 10,
    }

    def __init__(self, settings: Settings) -> None:
        if settings["held_out"] >= 1 or settings["k"] < 1:
            raise SettingsError(
                f"held_out must be below 1 and k at least 1; "
                f"they are {settings['held_out']} and {settings['k']}",
                field="settings.held_out" if settings["held_out"] >= 1 else "settings.k",
            )
        self.settings = settings
        self.names = base_names(str(settings["bases"]))
        self.bases_: list[Recommender] = []
        self.weights_: Weights = np.zeros(0, np.float32)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Learn the weights on the latest share of interactions, then fit the bases on all."""
        self.names = usable_bases(self.names)
        self.weights_ = np.full(len(self.names), 1 / len(self.names), np.float32)
        split = split_by_time(data, share=float(self.settings["held_out"]))
        if split and len(data.item) >= MIN_INTERACTIONS:
            self.bases_ = self._fitted(split[0], rng)
            self.weights_ = self._learned_weights(*split, rng)
        self.bases_ = self._fitted(data, rng)
        return self

    def _fitted(self, data: TrainingData, rng: np.random.Generator) -> list[Recommender]:
        return [make(name, {}).fit(data, rng=rng) for name in self.names]

    def _learned_weights(
        self, early: TrainingData, late: TrainingData, rng: np.random.Generator
    ) -> Weights:
        """Return the weights with the best NDCG of known units on their later interactions.

        Items seen before stay in the lists, as they do when lists are served.
        """
        units = _sampled(hot_units(early, late), late.n_items, rng)
        # Flattest first: of weights that do equally well, the first and least extreme is taken.
        candidates = sorted(simplex(len(self.names)), key=lambda weights: float(weights @ weights))
        gains = np.zeros(len(candidates))
        for block in _blocks(units, late.n_items):
            parts = self._parts(block)
            wanted, k = late.matrix[block], int(self.settings["k"])
            means = [ndcg_of_scores(_blend(parts, each), wanted, k) for each in candidates]
            gains += len(block) * np.array(means)
        return candidates[int(gains.argmax())] if gains.any() else self.weights_

    def _parts(self, units: NDArray[np.int64]) -> Parts:
        scores = np.stack([_standardise(base.score(Queries(units))) for base in self.bases_])
        known = np.isfinite(scores)
        return Parts(
            scores=np.where(known, scores, 0),
            heard=np.logical_or.reduce(known, axis=2),
            known=np.logical_or.reduce(known, axis=0),
        )

    def score(self, queries: Queries) -> Scores:
        """Return the blend; NaN only where no base has a score."""
        if not len(queries):
            return self.bases_[0].score(queries)
        n_items = self.bases_[0].score(Queries(queries.units[:1])).shape[1]
        blocks = _blocks(queries.units, n_items)
        return np.concatenate([_blend(self._parts(block), self.weights_) for block in blocks])

    def state(self) -> State:
        """Return the weights, and every base's arrays under its own name."""
        arrays: State = {"weights": self.weights_}
        for name, base in zip(self.names, self.bases_, strict=True):
            arrays |= {f"{name}.{key}": value for key, value in base.state().items()}
        return arrays

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted blend of the bases whose arrays are there."""
        self = cls(settings)
        self.names = [name for name in self.names if any(k.startswith(f"{name}.") for k in state)]
        self.weights_ = np.asarray(state["weights"])
        if self.weights_.shape != (len(self.names),):
            raise ValueError(f"{self.weights_.shape} weights for the bases {self.names}")
        self.bases_ = [_restored(name, state) for name in self.names]
        return self


def base_names(text: str) -> list[str]:
    """Return the names in a comma-separated text, each once.

    Raises SettingsError when one is not registered, is the hybrid itself, or there is none.
    """
    found = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    allowed = [name for name in names() if name != "hybrid"]
    wrong = [name for name in found if name not in allowed]
    if wrong or not found:
        raise SettingsError(
            f"unknown base {wrong[0]!r}" if wrong else "bases names no recommender",
            field="settings.bases",
            hint=f"Known bases: {', '.join(allowed)}.",
        )
    return found


def usable_bases(wanted: list[str]) -> list[str]:
    """Return the bases that can learn here; raises SettingsError when none can."""
    here = available()
    usable = [name for name in wanted if name in here]
    if not usable:
        raise SettingsError(f"no base of {', '.join(wanted)} can run here", field="settings.bases")
    return usable


def simplex(parts: int) -> Iterator[Weights]:
    """Yield every weight vector in steps of 1 / GRID that sums to one."""
    for steps in product(range(GRID + 1), repeat=parts):
        if sum(steps) == GRID:
            yield np.array(steps, np.float32) / np.float32(GRID)


def _restored(name: str, state: Mapping[str, NDArray[Any]]) -> Recommender:
    prefix = f"{name}."
    own = {key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)}
    chosen = fitted_class(name)
    return chosen.from_state(own, checked_settings({}, chosen.defaults))


def _sampled(units: NDArray[np.int64], n_items: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return as many of the units as may be judged, ascending."""
    most = max(min(VALIDATION_UNITS, VALIDATION_CELLS // n_items), 1)
    return np.sort(rng.choice(units, most, replace=False)) if len(units) > most else units


def _blocks(units: NDArray[np.int64], n_items: int) -> Iterator[NDArray[np.int64]]:
    size = max(BLOCK_CELLS // max(n_items, 1), 1)
    for start in range(0, len(units), size):
        yield units[start : start + size]


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


def _blend(parts: Parts, weights: Weights) -> Scores:
    """Return the weighted sum over the bases; NaN where no base has a score."""
    total: Scores = np.tensordot(weights, parts.scores, axes=1)
    unheard = ~parts.heard[weights > 0].any(axis=0)
    total[unheard] = parts.scores[:, unheard].mean(axis=0)
    return np.where(parts.known, total, np.nan).astype(np.float32)
