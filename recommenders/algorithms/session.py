"""Sessions: what is viewed together in one visit with what a unit did last."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.algorithms.item_knn import columns_of
from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError
from recommenders.histories import dense, nothing, packed, rows_of, unpacked
from recommenders.neighbours import nearest_by_product
from recommenders.weights import weighed


class Session:
    """Items co-viewed with a unit's acts and, before others by `viewed`, what it saw itself.

    An act counts by its weight, halved every `half_life_days` up to training; what happened since
    counts as it is handed in, newest most. A unit is answered by its recent acts alone.
    """

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSONAL, Capability.RECENT})
    defaults: ClassVar[Settings] = {
        "neighbours": 50,
        "half_life_days": 1.0,
        "viewed": 0.0,
        "damping": 10.0,
    }

    def __init__(self, settings: Settings) -> None:
        for name in ("neighbours", "half_life_days"):
            if not settings[name] > 0:
                raise SettingsError(
                    f"{name} must be above 0; it is {settings[name]}", field=f"settings.{name}"
                )
        self.settings = settings
        self.history_, self.similar_ = nothing(), nothing()

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Learn which items share sessions: the damped cosine of their columns over sessions."""
        self.history_ = _decayed(data, float(self.settings["half_life_days"]))
        visits = columns_of(
            weighed(sessions_of(data), "one"), "cosine", float(self.settings["damping"])
        )
        self.similar_ = nearest_by_product(visits, int(self.settings["neighbours"]))
        return self

    def score(self, queries: Queries) -> Scores:
        """Return summed co-views, and `viewed` for the unit's own; NaN for all other items."""
        acts = rows_of(self.history_, queries)
        return dense(csr_matrix(acts @ self.similar_ + acts * float(self.settings["viewed"])))

    def state(self) -> State:
        """Return co-views and decayed acts."""
        return packed("history", self.history_) | packed("similar", self.similar_)

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.history_, self.similar_ = unpacked("history", state), unpacked("similar", state)
        return self


def sessions_of(data: TrainingData) -> csr_matrix:
    """Return summed weights, shape (sessions, n_items).

    Where no session holds two acts, as in data that knows none, all acts of a unit are one.
    """
    _values, session = np.unique(data.session, return_inverse=True)
    rows = session if len(_values) < len(data.item) else data.unit
    n_rows = int(rows.max()) + 1 if len(rows) else 0
    return csr_matrix((data.weight, (rows, data.item)), shape=(n_rows, data.n_items))


def _decayed(data: TrainingData, half_life_days: float) -> csr_matrix:
    # An act of years ago is no smaller than the least that a float32 tells from zero.
    age = np.minimum(data.age_days / half_life_days, 100)
    weights = (data.weight * 0.5**age).astype(np.float32)
    shape = (data.n_units, data.n_items)
    decayed: csr_matrix = csr_matrix((weights, (data.unit, data.item)), shape=shape)
    decayed.sum_duplicates()
    return decayed
