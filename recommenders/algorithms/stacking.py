"""Two stages: candidates of other recommenders, ranked again by gradient-boosted trees.

The trees are LightGBM's LambdaMART (Burges 2010; Ke et al. 2017). The only file that imports the
package, to learn and to serve: a forest is kept as its text, which nothing has to unpickle.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.algorithms import candidates as listed
from recommenders.algorithms.bases import Bases, blocks
from recommenders.algorithms.candidates import Candidates
from recommenders.algorithms.lessons import Lesson, first_moments, lessons, sampled
from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import RecommenderError, SettingsError
from recommenders.features.pairs import Known, values_at
from recommenders.registry import missing
from recommenders.telling import part

MIN_INTERACTIONS = 50  # fewer teach trees nothing but noise
MAX_ROWS = 400_000  # of a lesson: candidates that a forest learns from, a hundred bytes each


class Stacking:
    """The bases' best items by trees that see scores, ranks and features; below them the others.

    Bases learn from what came first, trees from what came next. Items beyond the candidates follow
    in the order of the bases' mean standardised score, so that a list can always be filled.
    """

    can: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.PERSONAL, Capability.COLD_UNITS, Capability.RECENT, Capability.CONTEXT}
    )
    defaults: ClassVar[Settings] = {
        "bases": "popularity,ease,item_knn",
        "base_settings": {},
        "candidates": 100,
        "held_out": 0.2,
        "folds": 2,
        "trees": 100,
        "leaves": 7,
        "leaf_rows": 100,
        "learning_rate": 0.05,
    }

    def __init__(self, settings: Settings) -> None:
        _check(settings)
        self.settings = settings
        self.bases_ = Bases.chosen(str(settings["bases"]), settings["base_settings"])
        self.known_: Known | None = None
        self.until_us_ = 0
        self.trees_ = ""
        self._forest: Any = None

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Let the trees learn from each fold, then fit the bases on all."""
        taught = list(self._taught(data, rng)) if len(data.item) >= MIN_INTERACTIONS else []
        if taught:
            self._grow(taught, seed=int(rng.integers(2**31)))
        with part(int(self.settings["folds"]), int(self.settings["folds"]) + 1):
            self.bases_ = self.bases_.fit(data, rng)
        self.known_, self.until_us_ = Known.of(data), data.until_us
        return self

    def _taught(self, data: TrainingData, rng: np.random.Generator) -> Iterator["_Rows"]:
        share, folds = float(self.settings["held_out"]), int(self.settings["folds"])
        for index, lesson in enumerate(lessons(data, share=share, n=folds, rng=rng)):
            with part(index, folds + 1):
                bases = self.bases_.fit(lesson.early, rng)
            per_unit = int(self.settings["candidates"]) * len(bases.names)
            units = sampled(np.unique(lesson.late.unit), MAX_ROWS // per_unit, rng)
            yield from self._rows_of(lesson, bases, units)

    def _rows_of(self, lesson: Lesson, bases: Bases, units: NDArray[np.int64]) -> Iterator["_Rows"]:
        """Yield the candidates of units that later took one of them; others teach no order."""
        known = Known.of(lesson.early)
        queries = Queries(units, segments=lesson.early.segment[units])
        for _place, block in blocks(queries, lesson.early.n_items):
            at_us = first_moments(lesson.late, block.units)
            found = self._candidates(bases, known, block, at_us, lesson.hidden(block.units))
            wanted = lesson.late.matrix[block.units]
            label = values_at(wanted, found.row, found.item) > 0
            useful = np.bincount(found.row, weights=label, minlength=len(block))[found.row] > 0
            sizes = np.bincount(found.row[useful], minlength=len(block))
            yield _Rows(found.columns[useful], label[useful], sizes[sizes > 0])

    def _grow(self, taught: Sequence["_Rows"], seed: int) -> None:
        engine = _engine()
        columns = np.concatenate([rows.columns for rows in taught])
        if not len(columns):
            return
        data = engine.Dataset(
            columns,
            label=np.concatenate([rows.label for rows in taught]),
            group=np.concatenate([rows.sizes for rows in taught]),
        )
        parameters = {
            "objective": "lambdarank",
            "num_leaves": int(self.settings["leaves"]),
            "learning_rate": float(self.settings["learning_rate"]),
            "min_data_in_leaf": int(self.settings["leaf_rows"]),
            "seed": seed,
            # One thread and rows first: the same trees on every run.
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        grown = engine.train(parameters, data, num_boost_round=int(self.settings["trees"]))
        self.trees_ = grown.model_to_string()
        self._forest = engine.Booster(model_str=self.trees_)

    def _candidates(
        self, bases: Bases, known: Known, queries: Queries, at_us: NDArray[np.int64], hidden: Any
    ) -> Candidates:
        return listed.candidates_of(
            bases.scores(queries),
            known,
            queries,
            at_us=at_us,
            hidden=hidden,
            most=int(self.settings["candidates"]),
        )

    def score(self, queries: Queries) -> Scores:
        """Return above 1 what the trees say of candidates, between 0 and 1 the bases' mean."""
        if self.known_ is None:
            raise RecommenderError("stacking scores nothing before it is fitted")
        n_items = self.known_.history.shape[1]
        scores = np.full((len(queries), n_items), np.nan, np.float32)
        at_us = queries.at_us or self.until_us_
        for place, block in blocks(queries, n_items):
            moments = np.full(len(block), at_us, np.int64)
            found = self._candidates(self.bases_, self.known_, block, moments, None)
            scores[place] = self._ranked(found)
        return scores

    def _ranked(self, found: Candidates) -> Scores:
        scores = found.beneath()
        if self._forest is not None and len(found.row):
            raw = self._forest.predict(found.columns, num_threads=1)
            scores[found.row, found.item] = found.above_one(raw)
        return scores

    def state(self) -> State:
        """Return the trees' text as bytes, what features are computed of, and the bases' arrays."""
        own = self.known_.state() if self.known_ else {}
        return {
            "trees": np.frombuffer(self.trees_.encode(), np.uint8),
            "until_us": np.array([self.until_us_], np.int64),
            **own,
            **self.bases_.state(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender; raises RecommenderError where its trees cannot be read."""
        self = cls(settings)
        self.trees_ = bytes(np.asarray(state["trees"])).decode()
        if self.trees_:
            self._forest = _engine().Booster(model_str=self.trees_)
        self.until_us_ = int(state["until_us"][0])
        self.known_ = Known.from_state(state)
        self.bases_ = self.bases_.restored(state)
        return self


@dataclass(frozen=True, slots=True)
class _Rows:
    """Candidates to learn from: features, whether each was taken, and how many each unit has."""

    columns: NDArray[np.float32]
    label: NDArray[np.bool_]
    sizes: NDArray[np.int64]


def _engine() -> Any:
    try:
        import lightgbm
    except ImportError as error:
        raise RecommenderError(missing("stacking") or str(error)) from error
    return lightgbm


def _check(settings: Settings) -> None:
    if settings["held_out"] >= 1:
        raise SettingsError(
            f"held_out must be below 1; it is {settings['held_out']}", field="settings.held_out"
        )
    for name, least in (
        ("candidates", 1),
        ("folds", 1),
        ("trees", 1),
        ("leaves", 2),
        ("leaf_rows", 1),
    ):
        if settings[name] < least:
            raise SettingsError(
                f"{name} must be at least {least}; it is {settings[name]}",
                field=f"settings.{name}",
            )
    if not settings["learning_rate"] > 0:
        raise SettingsError("learning_rate must be above 0", field="settings.learning_rate")
