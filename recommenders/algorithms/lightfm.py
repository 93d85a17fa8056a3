"""LightFM: factors of units, items and their features, learned by ranking (Kula 2015).

The only file that imports the package, and only to learn: what was fitted is served without it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, hstack, identity

from recommenders.algorithms.lessons import Lesson, lessons, sampled
from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError, TrainingError
from recommenders.evaluation.metrics import ndcg_of_scores
from recommenders.evaluation.splits import hot_units
from recommenders.factors import (
    Fold,
    by_coordinate,
    explained,
    folded,
    packed_items,
    unpacked_items,
)
from recommenders.histories import spread
from recommenders.telling import part, tell
from recommenders.weights import checked_way, weighed

CHOICES = {
    "loss": ("warp", "bpr", "logistic", "warp-kos"),
    "schedule": ("adagrad", "adadelta"),
}
AT_LEAST_ONE = ("components", "epochs", "partial_epochs")
MAX_SAMPLED = 10  # negatives tried for each positive: the engine's own default
HELD_OUT = 0.1  # of the interactions, the latest, by which early stopping judges
JUDGED_UNITS = 500
K = 10


class LightFM:
    """Matrix factorisation with features of items and units; serving is one matrix product.

    `item_features`, `unit_features`: whether what is known of them is learned beside their own
    identity; off, a new item has no score. `patience`: epochs without a better NDCG on what came
    last after which learning ends, `epochs` being the most; 0 for all of them. `weights`: how much
    an interaction's strength counts; k-OS knows no strength. A weight below 0 is a dislike.
    """

    can: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.PERSONAL, Capability.COLD_ITEMS, Capability.RECENT, Capability.PARTIAL}
    )
    defaults: ClassVar[Settings] = {
        "loss": "warp",
        "components": 32,
        "epochs": 12,
        "partial_epochs": 3,
        "patience": 0,
        "learning_rate": 0.05,
        "schedule": "adagrad",
        "item_alpha": 0.0,
        "unit_alpha": 0.0,
        "item_features": True,
        "unit_features": False,
        "weights": "log",
        "segment_by": "",
    }

    def __init__(self, settings: Settings) -> None:
        _check(settings)
        self.settings = settings
        self.way = checked_way(settings)
        self.item_factors_ = np.zeros((0, 1), np.float32)
        self.unit_factors_ = np.zeros((0, 1), np.float32)
        self.fold_ = Fold.none(1)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Fit on the interactions; one thread, as more are faster but never repeat a result."""
        seed = int(rng.integers(2**31))
        engine = self._engine(data.n_items, seed)
        if len(data.item):
            self._run(engine, data, self._epochs(data, seed, rng))
        return self._keep(engine, data, seed)

    def fit_partial(
        self,
        data: TrainingData,
        *,
        previous: Mapping[str, NDArray[Any]],
        units: NDArray[np.int64],
        items: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> Self:
        """Go on for `partial_epochs` from earlier factors; steps begin as large as at first.

        From factors of another number it is a fit from the beginning.
        """
        known_items = unpacked_items(previous)
        fits = known_items.shape[1] == int(self.settings["components"]) + 1
        if not (fits and len(data.item)):
            return self.fit(data, rng=rng)
        seed = int(rng.integers(2**31))
        engine = self._engine(data.n_items, seed)
        self._run(engine, data, 0)  # makes the embeddings that are overwritten
        learned = explained(self._items(data), known_items, items, engine.item_embeddings)
        engine.item_embeddings[:], engine.item_biases[:] = learned[:, :-1], learned[:, -1]
        earlier = np.asarray(previous["unit_factors"])
        learned = explained(self._units(data), earlier, units, engine.user_embeddings)
        engine.user_embeddings[:] = learned[:, :-1]
        self._run(engine, data, int(self.settings["partial_epochs"]))
        return self._keep(engine, data, seed)

    def _engine(self, n_items: int, seed: int) -> Any:
        from lightfm import LightFM as Engine

        return Engine(
            loss=self.settings["loss"],
            no_components=int(self.settings["components"]),
            learning_rate=float(self.settings["learning_rate"]),
            learning_schedule=self.settings["schedule"],
            item_alpha=float(self.settings["item_alpha"]),
            user_alpha=float(self.settings["unit_alpha"]),
            random_state=seed,
            # warp-kos takes the logarithm of other items / negatives tried, rounded down.
            max_sampled=max(min(MAX_SAMPLED, n_items - 1), 1),
        )

    def _epochs(self, data: TrainingData, seed: int, rng: np.random.Generator) -> int:
        """Return how many epochs to learn for, found on the latest interactions where asked."""
        if self.settings["patience"]:
            for lesson in lessons(data, share=HELD_OUT, n=1, rng=rng):
                with part(0, 2):
                    return self._best_epochs(lesson, seed, rng)
        return int(self.settings["epochs"])

    def _best_epochs(self, lesson: Lesson, seed: int, rng: np.random.Generator) -> int:
        judge = LightFM(self.settings)
        engine = self._engine(lesson.early.n_items, seed)
        units = sampled(hot_units(lesson.early, lesson.late), JUDGED_UNITS, rng)
        best, best_epoch = -1.0, 1
        for epoch in range(1, int(self.settings["epochs"]) + 1):
            with part(epoch - 1, int(self.settings["epochs"])):
                self._run(engine, lesson.early, 1)
            judge._keep(engine, lesson.early, seed)
            scores = np.array(judge.score(Queries(units)))
            scores[lesson.hidden(units).nonzero()] = np.nan
            gain = ndcg_of_scores(scores, lesson.late.matrix[units], K)
            if gain > best:
                best, best_epoch = gain, epoch
            elif epoch - best_epoch >= self.settings["patience"]:
                break
        return best_epoch

    def _run(self, engine: Any, data: TrainingData, epochs: int) -> None:
        """Learn on, and tell of each epoch; TrainingError when factors grow beyond all bounds.

        Epochs by single calls are those of one call, to the bit. Of none it makes the embeddings.
        """
        summed = data.matrix.tocoo()
        signs = np.where(summed.data > 0, 1, -1).astype(np.float32)
        strengths = weighed(abs(data.matrix), self.way).tocoo()
        given = {
            "interactions": coo_matrix((signs, (summed.row, summed.col)), shape=summed.shape),
            "user_features": self._units(data),
            "item_features": self._items(data),
            "sample_weight": None if self.settings["loss"] == "warp-kos" else strengths,
        }
        try:
            with np.errstate(all="ignore"):
                engine.fit_partial(**given, epochs=0)
                for epoch in range(epochs):
                    engine.fit_partial(**given, epochs=1, num_threads=1)
                    tell((epoch + 1) / epochs)
        except ValueError as error:
            raise TrainingError(
                f"LightFM could not learn: {error}",
                hint=f"Lower learning_rate, now {self.settings['learning_rate']}.",
            ) from error

    def _items(self, data: TrainingData) -> csr_matrix:
        if self.settings["item_features"]:
            return data.features
        return csr_matrix(identity(data.n_items, dtype=np.float32))

    def _units(self, data: TrainingData) -> csr_matrix:
        """Return each unit's own identity and, where asked, what is known of it; rows sum to 1."""
        own = csr_matrix(identity(data.n_units, dtype=np.float32))
        if not self.settings["unit_features"]:
            return own
        both = csr_matrix(hstack([own, data.unit_features]), dtype=np.float32)
        sums = np.asarray(both.sum(axis=1)).ravel()
        both.data /= np.repeat(sums, np.diff(both.indptr))
        return both

    def _keep(self, engine: Any, data: TrainingData, seed: int) -> Self:
        """Keep factors with the item's bias as one more coordinate, against a 1 of the unit's.

        A unit's own bias moves all its scores alike, so no ranking needs it. A unit without
        history keeps zeros only, its 1 included, which tells it from those that were learned.
        """
        if not len(data.item):
            self.item_factors_ = np.zeros((data.n_items, 1), np.float32)
            return self
        biases, factors = engine.get_item_representations(self._items(data))
        _unit_biases, units = engine.get_user_representations(self._units(data))
        self.item_factors_ = by_coordinate(np.column_stack([factors, biases]))
        ones = np.ones((data.n_units, 1), np.float32)
        self.unit_factors_ = np.hstack([units, ones]).astype(np.float32)
        touched = np.bincount(data.unit, minlength=data.n_units) > 0
        self.unit_factors_[~touched] = 0
        chance = np.random.default_rng(seed)
        self.fold_ = Fold.learned(self.unit_factors_, self.item_factors_, data.matrix, chance)
        return self

    def score(self, queries: Queries) -> Scores:
        """Return the products of factors; NaN for a unit that did nothing, then or since."""
        vectors = folded(self.unit_factors_, self.item_factors_, self.fold_, queries)
        known = vectors[:, -1] > 0
        return spread(vectors[known] @ self.item_factors_.T, known)

    def state(self) -> State:
        """Return both factor matrices and what folds new acts in."""
        units = {"unit_factors": self.unit_factors_}
        return packed_items(self.item_factors_) | units | self.fold_.state()

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.item_factors_ = unpacked_items(state)
        self.unit_factors_ = np.asarray(state["unit_factors"])
        self.fold_ = Fold.from_state(state, width=self.item_factors_.shape[1])
        return self


def _check(settings: Settings) -> None:
    for name, known in CHOICES.items():
        if settings[name] not in known:
            raise SettingsError(
                f"{name} must be one of {', '.join(known)}; it is {settings[name]!r}",
                field=f"settings.{name}",
            )
    for name in AT_LEAST_ONE:
        if settings[name] < 1:
            raise SettingsError(
                f"{name} must be at least 1; it is {settings[name]}", field=f"settings.{name}"
            )
