"""EASE: a linear model of items by items, solved in closed form (Steck 2019)."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError
from recommenders.histories import has_acts, nothing, packed, rows_of, spread, unpacked
from recommenders.neighbours import largest_of_rows
from recommenders.weights import checked_way, weighed

Square = NDArray[np.float32]

MAX_ITEMS = 20_000  # a square of these takes 3.2 GB while it is solved


class EASE:
    """Weights B with a zero diagonal that best give a unit's acts from its other acts.

    Solved for the `items` most-touched items, as time grows with their cube and memory with their
    square; the others have no score. Of each item's weights the `kept` largest by size are stored.
    """

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSONAL, Capability.RECENT})
    defaults: ClassVar[Settings] = {
        "regularization": 300.0,
        "items": 5_000,
        "kept": 300,
        "weights": "one",
    }

    def __init__(self, settings: Settings) -> None:
        for name in ("regularization", "items", "kept"):
            if not settings[name] > 0:
                raise SettingsError(
                    f"{name} must be above 0; it is {settings[name]}", field=f"settings.{name}"
                )
        if settings["items"] > MAX_ITEMS:
            raise SettingsError(
                f"items must be at most {MAX_ITEMS}; it is {settings['items']}",
                field="settings.items",
                hint="Time grows with its cube: use als or item_knn for larger catalogues.",
            )
        self.settings = settings
        self.way = checked_way(settings)
        self.history_, self.by_item_ = nothing(), nothing()
        self.items_ = np.zeros(0, np.int64)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Solve B = I - P / diag(P), P being the inverse of XᵀX + regularization · I."""
        self.history_ = data.matrix
        self.items_ = most_touched(data.matrix, int(self.settings["items"]))
        touched = weighed(data.matrix, self.way)[:, self.items_]
        gram = (touched.T @ touched).toarray().astype(np.float64)
        gram[np.diag_indices_from(gram)] += float(self.settings["regularization"])
        found = _weights_of(gram)
        self.by_item_ = self._sparse(found, data.n_items)
        return self

    def _sparse(self, weights: Square, n_items: int) -> csr_matrix:
        """Return what each touched item (row) says for others, the largest of each column kept."""
        kept = int(self.settings["kept"])
        by_target = csr_matrix(weights.T)
        largest = largest_of_rows(abs(by_target), kept).tocoo()
        values = weights[largest.col, largest.row]
        places = (self.items_[largest.col], self.items_[largest.row])
        return csr_matrix((values, places), shape=(n_items, n_items), dtype=np.float32)

    def score(self, queries: Queries) -> Scores:
        """Return x B; NaN for items beyond the most-touched, and for a unit that touched none."""
        rows = weighed(rows_of(self.history_, queries), self.way)
        inside = np.zeros(self.by_item_.shape[0], np.bool_)
        inside[self.items_] = True
        heard = has_acts(rows @ _choice(inside))
        scores: Scores = (rows[heard] @ self.by_item_).toarray()
        scores[:, ~inside] = np.nan
        return spread(scores, heard)

    def state(self) -> State:
        """Return the weights, the items they are for, and what units did."""
        return {
            "items": self.items_,
            **packed("weights", self.by_item_),
            **packed("history", self.history_),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.items_ = np.asarray(state["items"])
        self.by_item_, self.history_ = unpacked("weights", state), unpacked("history", state)
        return self


def most_touched(summed: csr_matrix, n: int) -> NDArray[np.int64]:
    """Return the indexes, rising, of the n items that most units touched; untouched ones never."""
    touchers = np.asarray((summed > 0).sum(axis=0)).ravel()
    order = np.argsort(-touchers, kind="stable")[:n]
    return np.sort(order[touchers[order] > 0])


def _weights_of(gram: NDArray[np.float64]) -> Square:
    if not len(gram):
        return np.zeros((0, 0), np.float32)
    inverse = cho_solve(cho_factor(gram, overwrite_a=True), np.eye(len(gram)), overwrite_b=True)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    found: Square = weights.astype(np.float32)
    return found


def _choice(inside: NDArray[np.bool_]) -> csr_matrix:
    """Return the column that sums what is inside."""
    return csr_matrix(inside.astype(np.float32)[:, None])
