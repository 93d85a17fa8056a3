"""What sells now: the sum of interactions, halved with age."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Capability, Kind, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError

WHAT_COUNTS: Settings = {"half_life_days": 14.0, "window_days": 0.0, "kinds": ""}


class Popularity:
    """One list for everybody, by exponentially decayed interactions.

    `window_days`: older ones do not count, 0 for no such limit. `kinds`: those that count, as in
    "cart, purchase"; empty for all.
    """

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.COLD_UNITS})
    defaults: ClassVar[Settings] = WHAT_COUNTS

    def __init__(self, settings: Settings) -> None:
        check_what_counts(settings)
        self.settings = settings
        self.scores_ = np.zeros(0, np.float32)

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Sum each item's weights, an interaction one half-life old counting half."""
        counted = what_counts(data, self.settings)
        sums = np.bincount(counted.item, weights=counted.weight, minlength=data.n_items)
        self.scores_ = sums.astype(np.float32)
        return self

    def score(self, queries: Queries) -> Scores:
        """Return the same scores for every unit, known or not."""
        return np.broadcast_to(self.scores_, (len(queries), len(self.scores_)))

    def state(self) -> State:
        """Return the scores."""
        return {"scores": self.scores_}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.scores_ = state["scores"]
        return self


def check_what_counts(settings: Settings) -> None:
    """Raise SettingsError when nothing could count by these settings."""
    if not settings["half_life_days"] > 0:
        raise SettingsError(
            f"half_life_days must be above 0; it is {settings['half_life_days']}",
            field="settings.half_life_days",
        )
    known = {kind.name.lower() for kind in Kind}
    for name in _named(settings):
        if name not in known:
            raise SettingsError(
                f"unknown kind {name!r} in kinds; known: {', '.join(sorted(known))}",
                field="settings.kinds",
            )


def what_counts(data: TrainingData, settings: Settings) -> TrainingData:
    """Return the interactions that count, each with its weight after decay."""
    mask = np.ones(len(data.item), np.bool_)
    if settings["window_days"] > 0:
        mask &= data.age_days <= settings["window_days"]
    if names := _named(settings):
        mask &= np.isin(data.kind, [Kind[name.upper()] for name in names])
    kept = data.where(mask)
    decay = 0.5 ** (kept.age_days / settings["half_life_days"])
    return replace(kept, weight=(kept.weight * decay).astype(np.float32))


def _named(settings: Settings) -> list[str]:
    names = (name.strip().lower() for name in str(settings["kinds"]).split(","))
    return [name for name in names if name]
