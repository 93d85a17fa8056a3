"""Who is judged, and how a broken contract is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recommenders.base import (
    Capability,
    Queries,
    Recommender,
    Scores,
    Settings,
    TrainingData,
    checked_settings,
)

SEED = 11


class ContractBroken(AssertionError):
    """What a recommender does against the contract."""


def require(claim: bool, otherwise: str) -> None:
    """Raise ContractBroken with what is wrong unless the claim is true."""
    if not claim:
        raise ContractBroken(otherwise)


@dataclass(frozen=True)
class Candidate:
    """A class that is to keep the contract, with the settings it is tried with."""

    chosen: type[Recommender]
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """Return the settings, completed by the defaults."""
        return checked_settings(self.given, self.chosen.defaults)

    def can(self, capability: Capability) -> bool:
        """Return whether the class declares a capability."""
        return capability in self.chosen.can

    def made(self) -> Recommender:
        """Return an unfitted recommender."""
        return self.chosen(self.settings)

    def fitted(self, data: TrainingData, *, seed: int = SEED) -> Recommender:
        """Return a recommender that learned from the data."""
        return self.made().fit(data, rng=np.random.default_rng(seed))


def scores_of(recommender: Recommender, *units: int, **asked: Any) -> Scores:
    """Return a copy of the scores of these units; `asked`: other fields of the queries."""
    return np.array(recommender.score(Queries(np.array(units, np.int64), **asked)))


def answered(scores: Scores) -> bool:
    """Return whether every item of every row has a score."""
    return bool(np.isfinite(scores).all())


def silent(scores: Scores) -> bool:
    """Return whether there is no score at all."""
    return bool(np.isnan(scores).all())
