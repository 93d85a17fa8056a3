"""Recommenders that break one contract of what is kept each."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Queries, Scores, Settings, State
from recommenders.errors import SettingsError
from tests.recommenders.bad.good import Good


class FlagsOfItsOwn(Good):
    """What it can is told in words that nobody knows."""

    can = frozenset({"clairvoyant"})  # type: ignore[arg-type]


class TakesAnything(Good):
    """A default of no type refuses nothing."""

    defaults: ClassVar[Settings] = {"power": 1.0, "engine": [3]}


class BlamesAnother(Good):
    """What is wrong with one setting is told of another."""

    defaults: ClassVar[Settings] = {"power": 1.0, "engine": [1, 2]}

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        if settings["engine"] == [1, 2]:
            raise SettingsError("no such engine", field="settings.power")


class KeepsObjects(Good):
    """The state holds what only Python can read."""

    def state(self) -> State:
        return super().state() | {"notes": np.array([{"a": 1}], dtype=object)}


class KeepsNaN(Good):
    """The state holds numbers that are none."""

    def state(self) -> State:
        return super().state() | {"means": np.array([np.nan], np.float32)}


class ForgetsHalf(Good):
    """What is restored has lost what units did."""

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        self = super().from_state(state, settings)
        self.history_.data = self.history_.data * 0
        return self


class WritesOnItsFiles(Good):
    """Scoring writes on the state, which is a file that cannot be written to."""

    def score(self, queries: Queries) -> Scores:
        self.both_.data[:] = self.both_.data
        return super().score(queries)


class AsksItsEngine(Good):
    """Scores come from what learned, which serving has not."""

    engine: str | None = None

    def fit(self, data: Any, *, rng: np.random.Generator) -> Self:
        self.engine = "here"
        return super().fit(data, rng=rng)

    def score(self, queries: Queries) -> Scores:
        if self.engine is None:
            raise RuntimeError("there is no engine")
        return super().score(queries)
