"""LightFM: factors of units, items and item features, learned by ranking (Kula 2015).

The only file that imports the package, and only to learn: what was fitted is served without it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError, TrainingError

LOSSES = ("warp", "bpr", "logistic", "warp-kos")
AT_LEAST_ONE = ("components", "epochs")
MAX_SAMPLED = 10  # negatives tried for each positive: the engine's own default


class LightFM:
    """Matrix factorisation with item features; serving is one matrix product."""

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSONAL, Capability.COLD_ITEMS})
    defaults: ClassVar[Settings] = {
        "loss": "warp",
        "components": 32,
        "epochs": 12,
        "learning_rate": 0.05,
        "item_alpha": 0.0,
    }

    def __init__(self, settings: Settings) -> None:
        if settings["loss"] not in LOSSES:
            raise SettingsError(
                f"loss must be one of {', '.join(LOSSES)}; it is {settings['loss']!r}",
                field="settings.loss",
            )
        for name in AT_LEAST_ONE:
            if settings[name] < 1:
                raise SettingsError(
                    f"{name} must be at least 1; it is {settings[name]}", field=f"settings.{name}"
                )
        self.settings = settings
        self.item_factors_ = np.zeros((0, 1), np.float32)
        self.unit_factors_ = np.zeros((0, 1), np.float32)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Fit on the interactions; one thread, as more are faster but never repeat a result."""
        from lightfm import LightFM as Engine

        engine = Engine(
            loss=self.settings["loss"],
            no_components=int(self.settings["components"]),
            learning_rate=float(self.settings["learning_rate"]),
            item_alpha=float(self.settings["item_alpha"]),
            random_state=int(rng.integers(2**31)),
            # warp-kos takes the logarithm of other items / negatives tried, rounded down.
            max_sampled=max(min(MAX_SAMPLED, data.n_items - 1), 1),
        )
        weights = data.matrix.tocoo().astype(np.float32)
        weights.data = np.log1p(weights.data)
        positive = weights.copy()
        positive.data = np.ones_like(positive.data)
        if positive.nnz:
            self._learn(
                engine,
                positive,
                item_features=data.features,
                sample_weight=None if self.settings["loss"] == "warp-kos" else weights,
            )
            self._keep(engine, data)
        else:
            self.item_factors_ = np.zeros((data.n_items, 1), np.float32)
        return self

    def _learn(self, engine: Any, positive: coo_matrix, **options: Any) -> None:
        """Run the epochs; raises TrainingError when factors grow beyond all bounds."""
        try:
            with np.errstate(all="ignore"):
                engine.fit(positive, epochs=int(self.settings["epochs"]), num_threads=1, **options)
        except ValueError as error:
            raise TrainingError(
                f"LightFM could not learn: {error}",
                hint=f"Lower learning_rate, now {self.settings['learning_rate']}.",
            ) from error

    def _keep(self, engine: Any, data: TrainingData) -> None:
        """Keep factors with the item's bias as one more coordinate, against a 1 of the unit's.

        A unit's own bias moves all its scores alike, so no ranking needs it. A unit without
        history keeps zeros only, its 1 included, which tells it from those that were learned.
        """
        biases, factors = engine.get_item_representations(data.features)
        _unit_biases, units = engine.get_user_representations()
        self.item_factors_ = np.column_stack([factors, biases]).astype(np.float32)
        ones = np.ones((data.n_units, 1), np.float32)
        self.unit_factors_ = np.hstack([units, ones]).astype(np.float32)
        touched = np.bincount(data.unit, minlength=data.n_units) > 0
        self.unit_factors_[~touched] = 0

    def score(self, queries: Queries) -> Scores:
        """Return the products of factors; NaN for a unit of which training saw nothing."""
        known = (queries.units >= 0) & (queries.units < len(self.unit_factors_))
        known[known] = self.unit_factors_[queries.units[known], -1] > 0
        scores: Scores = self.unit_factors_[queries.units[known]] @ self.item_factors_.T
        if known.all():
            return scores
        spread = np.full((len(queries), len(self.item_factors_)), np.nan, np.float32)
        spread[known] = scores
        return spread

    def state(self) -> State:
        """Return both factor matrices."""
        return {"item_factors": self.item_factors_, "unit_factors": self.unit_factors_}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        # Plain views of the mapped files: the memmap type costs time on every product.
        self.item_factors_ = np.asarray(state["item_factors"])
        self.unit_factors_ = np.asarray(state["unit_factors"])
        return self
