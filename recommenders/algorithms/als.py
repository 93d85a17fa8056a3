"""Alternating least squares on implicit feedback (Hu, Koren, Volinsky 2008), learned by implicit.

Serving needs no engine: factors are arrays, and a unit's are solved anew from what it did.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError
from recommenders.histories import has_acts, nothing, packed, rows_of, spread, unpacked
from recommenders.weights import checked_way, weighed

Factors = NDArray[np.float32]

START = 0.01  # factors begin between 0 and this, as the engine's own do


class ALS:
    """Factors of units and items whose products tell what a unit did from what it did not.

    An act of weight w has confidence `alpha` · w against the 1 of every act that was not seen.
    """

    can: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.PERSONAL, Capability.RECENT, Capability.PARTIAL}
    )
    defaults: ClassVar[Settings] = {
        "factors": 32,
        "regularization": 5.0,
        "alpha": 1.0,
        "iterations": 15,
        "partial_iterations": 3,
        "weights": "log",
    }

    def __init__(self, settings: Settings) -> None:
        for name in ("factors", "iterations", "partial_iterations", "alpha", "regularization"):
            if settings[name] <= 0 or (isinstance(settings[name], int) and settings[name] < 1):
                raise SettingsError(
                    f"{name} must be above 0; it is {settings[name]}", field=f"settings.{name}"
                )
        self.settings = settings
        self.way = checked_way(settings)
        self.unit_factors_: Factors = np.zeros((0, 1), np.float32)
        self.item_factors_: Factors = np.zeros((0, 1), np.float32)
        self.gram_: Factors = np.zeros((1, 1), np.float32)
        self.history_ = nothing()

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Learn both sides' factors, beginning at random."""
        return self._learned(data, None, int(self.settings["iterations"]), rng)

    def fit_partial(
        self,
        data: TrainingData,
        *,
        previous: Mapping[str, NDArray[Any]],
        units: NDArray[np.int64],
        items: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> Self:
        """Go on for `partial_iterations` from earlier factors; new units and items begin anew."""
        start = (
            self._begun(previous["unit_factors"], units, rng),
            self._begun(previous["item_factors"], items, rng),
        )
        return self._learned(data, start, int(self.settings["partial_iterations"]), rng)

    def _begun(
        self, earlier: NDArray[Any], places: NDArray[np.int64], rng: np.random.Generator
    ) -> Factors:
        n_factors = int(self.settings["factors"])
        begun: Factors = rng.random((len(places), n_factors), dtype=np.float32) * np.float32(START)
        if earlier.shape[1] == n_factors:  # else they were learned with another number
            begun[places >= 0] = earlier[places[places >= 0]]
        return begun

    def _learned(
        self,
        data: TrainingData,
        start: tuple[Factors, Factors] | None,
        iterations: int,
        rng: np.random.Generator,
    ) -> Self:
        from recommenders.implicit_engine import alternating_factors

        self.history_ = data.matrix
        if not has_acts(data.matrix).any():
            n_factors = int(self.settings["factors"])
            return self._keep(*(np.zeros((n, n_factors), np.float32) for n in data.matrix.shape))
        learned = alternating_factors(
            weighed(data.matrix, self.way),
            start=start,
            seed=int(rng.integers(2**31)),
            iterations=iterations,
            factors=int(self.settings["factors"]),
            regularization=float(self.settings["regularization"]),
            alpha=float(self.settings["alpha"]),
        )
        return self._keep(*learned)

    def _keep(self, unit_factors: Factors, item_factors: Factors) -> Self:
        self.unit_factors_, self.item_factors_ = unit_factors, item_factors
        self.gram_ = item_factors.T @ item_factors
        return self

    def score(self, queries: Queries) -> Scores:
        """Return products of factors; NaN for a unit of which nothing is known.

        The factors of a unit that did something since training are solved from all it did.
        """
        rows = rows_of(self.history_, queries)
        heard = has_acts(rows)
        return spread(self._factors_of(queries, rows)[heard] @ self.item_factors_.T, heard)

    def _factors_of(self, queries: Queries, rows: csr_matrix) -> Factors:
        inside = (queries.units >= 0) & (queries.units < len(self.unit_factors_))
        factors = np.zeros((len(queries), self.item_factors_.shape[1]), np.float32)
        factors[inside] = self.unit_factors_[queries.units[inside]]
        if queries.recent is None:
            return factors
        counted = weighed(rows, self.way)
        for place in np.flatnonzero(has_acts(queries.recent)):
            span = slice(counted.indptr[place], counted.indptr[place + 1])
            factors[place] = self._solved(counted.indices[span], counted.data[span])
        return factors

    def _solved(self, items: NDArray[np.int32], weights: NDArray[np.float32]) -> Factors:
        """Return the factors x of a unit: (YᵀY + Yᵀ(C - 1)Y + reg) x = YᵀC p, its exact step."""
        touched = self.item_factors_[items]
        confidence = float(self.settings["alpha"]) * weights
        left = self.gram_ + touched.T @ (touched * (confidence - 1)[:, None])
        left[np.diag_indices_from(left)] += float(self.settings["regularization"])
        solved: Factors = np.linalg.solve(left, confidence @ touched)
        return solved

    def state(self) -> State:
        """Return factors, the product of the items' with themselves, and what units did."""
        return {
            "unit_factors": self.unit_factors_,
            "item_factors": self.item_factors_,
            "gram": self.gram_,
            **packed("history", self.history_),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.unit_factors_ = np.asarray(state["unit_factors"])
        self.item_factors_ = np.asarray(state["item_factors"])
        self.gram_ = np.asarray(state["gram"])
        self.history_ = unpacked("history", state)
        return self
