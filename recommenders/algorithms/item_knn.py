"""Items that the same units touched: cosine over units, the nearest neighbours kept."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError

BLOCK = 2_000  # items at a time, so that memory stays bounded


class ItemKNN:
    """A unit's score of an item: the similarity to what it touched, summed."""

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSONAL})
    defaults: ClassVar[Settings] = {"neighbours": 50}

    def __init__(self, settings: Settings) -> None:
        self.neighbours = int(settings["neighbours"])
        if self.neighbours < 1:
            raise SettingsError(
                f"neighbours must be at least 1; it is {self.neighbours}",
                field="settings.neighbours",
            )
        self.history_ = csr_matrix(np.zeros((0, 0), np.float32))
        self.similar_ = csr_matrix(np.zeros((0, 0), np.float32))

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Learn each item's neighbours; an item is not its own."""
        touched = data.matrix.copy()
        touched.data = np.log1p(touched.data)
        norms = np.sqrt(np.asarray(touched.multiply(touched).sum(axis=0)).ravel())
        scale = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
        unit_columns = csr_matrix(touched @ diags(scale), dtype=np.float32)
        self.history_ = touched
        self.similar_ = self._nearest(unit_columns)
        return self

    def _nearest(self, columns: csr_matrix) -> csr_matrix:
        n_items = columns.shape[1]
        rows, found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        values = [np.zeros(0, np.float32)]
        by_item = csr_matrix(columns.T)
        for start in range(0, n_items, BLOCK):
            block = csr_matrix(by_item[start : start + BLOCK] @ columns)
            for offset in range(block.shape[0]):
                item = start + offset
                span = slice(block.indptr[offset], block.indptr[offset + 1])
                near, weight = block.indices[span], block.data[span]
                keep = near != item
                near, weight = near[keep], weight[keep]
                best = np.argsort(-weight, kind="stable")[: self.neighbours]
                rows.append(np.full(len(best), item))
                found.append(near[best])
                values.append(weight[best])
        places = (np.concatenate(rows), np.concatenate(found))
        return csr_matrix(
            (np.concatenate(values), places), shape=(n_items, n_items), dtype=np.float32
        )

    def score(self, queries: Queries) -> Scores:
        """Return summed similarities; NaN for a unit without history."""
        n_items = self.similar_.shape[0]
        scores = np.full((len(queries), n_items), np.nan, np.float32)
        known = np.flatnonzero((queries.units >= 0) & (queries.units < self.history_.shape[0]))
        if len(known):
            rows = self.history_[queries.units[known]]
            has_history = np.diff(rows.indptr) > 0
            filled = known[has_history]
            scores[filled] = (rows[has_history] @ self.similar_).toarray()
        return scores

    def state(self) -> State:
        """Return both sparse matrices as their arrays."""
        return {
            f"{name}_{part}": np.asarray(getattr(matrix, part))
            for name, matrix in (("history", self.history_), ("similar", self.similar_))
            for part in ("data", "indices", "indptr")
        } | {"n_items": np.array([self.similar_.shape[0]])}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        n_items = int(state["n_items"][0])
        for name in ("history", "similar"):
            parts = tuple(state[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
            shape = (len(parts[2]) - 1, n_items)
            setattr(self, f"{name}_", csr_matrix(parts, shape=shape))
        return self
