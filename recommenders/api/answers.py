"""The shape of an answer with recommendations; the OpenAPI document is made of the same."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from experiments.assignment.specs import Reason


class DecidingExperiment(Struct, frozen=True):
    """The experiment that decided the list, or came closest to it, and why it did or did not."""

    key: str | None
    phase: int | None
    variant: str | None
    in_experiment: bool
    reason: Reason


class ServingRecommender(Struct, frozen=True):
    """Who made the list."""

    name: str
    artifact: str | None


class RecommendedItem(Struct, frozen=True):
    """One item; the propensity is the probability of having shown it at all."""

    item_id: str
    rank: int
    score: float | None
    propensity: float


class RecordedExposure(Struct, frozen=True):
    """How the list was recorded, and the token that proves it was served by us."""

    recorded: Literal["committed", "buffered", "lost", "none"]
    token: str | None


class Recommendations(Struct, frozen=True):
    """The list; `fallback` says why it does not come from the variant's own artifact."""

    request_id: UUID
    placement: str
    experiment: DecidingExperiment
    recommender: ServingRecommender
    items: list[RecommendedItem]
    fallback: str | None
    exposure: RecordedExposure
