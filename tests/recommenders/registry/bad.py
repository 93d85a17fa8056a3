"""A good recommender of two tastes, and others that each do one thing badly."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from recommenders import registry
from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.models import Artifact
from recommenders.telling import tell

PLACE = "tests.recommenders.registry.bad"


class Good:
    """Scores items of the taste that a unit has shown so far, the even or the odd; else none."""

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSONAL})
    defaults: ClassVar[Settings] = {}

    def __init__(self, settings: Settings) -> None:
        self.odd_ = np.zeros(0, np.float32)
        self.n_items_ = np.zeros(1, np.int64)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        matrix = data.matrix
        odd = np.asarray(matrix[:, 1::2].sum(axis=1)).ravel()
        self.odd_ = (odd / np.maximum(np.asarray(matrix.sum(axis=1)).ravel(), 1)).astype(np.float32)
        self.n_items_ = np.array([data.n_items])
        return self

    def score(self, queries: Queries) -> Scores:
        scores = np.full((len(queries), int(self.n_items_[0])), np.nan, np.float32)
        for row, unit in enumerate(queries.units.tolist()):
            if unit >= 0:
                scores[row] = self.row(unit)
        return scores

    def row(self, unit: int) -> NDArray[np.float32]:
        # Which of its taste's items come first differs between units, so that lists cover many.
        items = np.arange(int(self.n_items_[0]))
        turned = ((items * 7 + unit * 11) % len(items)) / len(items)
        liked = np.where(items % 2 == 1, self.odd_[unit], 1 - self.odd_[unit])
        return (liked + turned / 10).astype(np.float32)

    def state(self) -> State:
        return {"odd": self.odd_, "n_items": self.n_items_}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        made = cls(settings)
        made.odd_, made.n_items_ = np.asarray(state["odd"]), np.asarray(state["n_items"])
        return made


class Silent(Good):
    """Knows its units, and has nothing to say to them."""

    def row(self, unit: int) -> NDArray[np.float32]:
        return np.full(int(self.n_items_[0]), np.nan, np.float32)


class Short(Good):
    """Has a score for the eight best items alone."""

    def row(self, unit: int) -> NDArray[np.float32]:
        scores = super().row(unit)
        scores[np.argsort(-scores)[8:]] = np.nan
        return scores


class Boastful(Good):
    """Says that it answers strangers, and does not."""

    can = Good.can | {Capability.COLD_UNITS}


class Narrow(Good):
    """Shows everybody of one taste the same few items."""

    def row(self, unit: int) -> NDArray[np.float32]:
        scores = super().row(unit)
        return np.where(np.arange(len(scores)) < 18, scores + 2, scores).astype(np.float32)


class Slow(Good):
    """Takes its time, though not always."""

    def row(self, unit: int) -> NDArray[np.float32]:
        until = time.thread_time() + (0.4 if unit % 20 == 0 else 0)
        while time.thread_time() < until:
            pass
        return super().row(unit)


class Perverse(Good):
    """Shows what the unit does not like."""

    def row(self, unit: int) -> NDArray[np.float32]:
        return -super().row(unit)


class Fragile(Good):
    """Fails when it has been read back."""

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        raise ValueError("it does not know its own state")


class Greedy(Good):
    """Asks for more memory than there may be."""

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        raise MemoryError("Unable to allocate 8.00 GiB for an array")


class Learner(Good):
    """Learns on, and keeps what it was told of its earlier self."""

    can = Good.can | {Capability.PARTIAL}

    def fit_partial(
        self,
        data: TrainingData,
        *,
        previous: Mapping[str, NDArray[Any]],
        units: NDArray[np.int64],
        items: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> Self:
        self.told = {"units": units, "items": items, "before": np.asarray(previous["odd"])}
        return self.fit(data, rng=rng)

    def state(self) -> State:
        return super().state() | getattr(self, "told", {})


class Watching(Good):
    """Looks, while it learns, at what the registry says of its training."""

    seen: ClassVar[list[tuple[str, float]]] = []

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        row = Artifact.objects.get(status=Artifact.Status.TRAINING)
        self.seen.append((row.stage, row.share or 0.0))
        return super().fit(data, rng=rng)


class Telling(Good):
    """Tells, while it learns, that half is done, and looks at what the registry says then."""

    seen: ClassVar[list[float]] = []

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        tell(0.5)
        row = Artifact.objects.get(status=Artifact.Status.TRAINING)
        self.seen.append(row.share or 0.0)
        return super().fit(data, rng=rng)


# What each fails, and nothing else: one that says nothing also fills no list and beats nobody.
FAILS = {
    "Silent": {"finite", "items", "coverage", "beats_popularity"},
    "Short": {"items"},
    "Boastful": {"cold_units"},
    "Narrow": {"coverage"},
    "Slow": {"latency"},
    "Perverse": {"beats_popularity"},
}


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register all of them, under their own names in lower case."""
    Watching.seen.clear()
    Telling.seen.clear()
    everyone: list[type[Good]] = [Good, *Good.__subclasses__()]
    for each in everyone:
        monkeypatch.setitem(registry.BUILTIN, each.__name__.lower(), f"{PLACE}.{each.__name__}")
