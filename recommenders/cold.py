"""New items, which nobody touched yet: they take the scores of what resembles them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from recommenders.base import Scores, State, TrainingData
from recommenders.neighbours import largest_of_rows

NEIGHBOURS = 20
BLOCK = 500  # new items at a time, so that memory stays bounded


@dataclass(frozen=True, slots=True)
class ColdItems:
    """`items`: indexes of those without interactions, ascending; `near`: (len(items), n_items).

    Of each row the known items most like it by content, weighed by their similarity, above 0.
    """

    items: NDArray[np.int64]
    near: csr_matrix

    def state(self) -> State:
        """Return the arrays, by the names that serving knows them by."""
        parts = {f"cold.{part}": getattr(self.near, part) for part in ("indptr", "indices", "data")}
        return {"cold.items": self.items, **parts}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], *, n_items: int) -> Self:
        """Return the new items of an artifact's extras."""
        cold = np.asarray(state["cold.items"])
        parts = tuple(np.asarray(state[f"cold.{part}"]) for part in ("data", "indices", "indptr"))
        return cls(cold, csr_matrix(parts, shape=(len(cold), n_items)))


def cold_items(data: TrainingData, *, neighbours: int = NEIGHBOURS) -> ColdItems:
    """Return the items without interactions and their neighbours by cosine of their content."""
    touched = np.bincount(data.item, minlength=data.n_items) > 0
    cold = np.flatnonzero(~touched)
    among = data.content.copy()
    among.data = among.data * np.repeat(touched, np.diff(among.indptr))
    among.eliminate_zeros()
    blocks = [
        largest_of_rows(csr_matrix(data.content[cold[start : start + BLOCK]] @ among.T), neighbours)
        for start in range(0, len(cold), BLOCK)
    ]
    near = vstack(blocks, format="csr") if blocks else csr_matrix((0, data.n_items))
    return ColdItems(cold, csr_matrix(near, dtype=np.float32))


def with_cold_items(scores: Scores, cold: ColdItems) -> Scores:
    """Return scores, (n_queries, n_items), in which new items have the mean of their neighbours'.

    The mean is weighed by similarity and taken over the neighbours that have a score. A new item
    without any keeps what it had, and so does every other item.
    """
    known = np.isfinite(scores)
    sums = (cold.near @ np.where(known, scores, 0).T).T
    weights = (cold.near @ known.T.astype(np.float32)).T
    filled = scores.copy()
    filled[:, cold.items] = np.where(
        weights > 0, sums / np.maximum(weights, np.float32(1e-9)), scores[:, cold.items]
    )
    return filled
