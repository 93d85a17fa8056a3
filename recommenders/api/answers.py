"""The shape of an answer with recommendations; the OpenAPI document is made of the same."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from experiments.assignment.specs import Reason
from experiments.visits import IgnoredToken


class DecidingExperiment(Struct, frozen=True, omit_defaults=True):
    """The experiment that decided the list, or came closest to it, and why it did or did not.

    `kept_token`: of a sticky experiment; send it in `kept` after the visitor signs in.
    """

    key: str | None
    phase: int | None
    variant: str | None
    in_experiment: bool
    reason: Reason
    kept_token: str | None = None


class ServingRecommender(Struct, frozen=True):
    """Who made the list."""

    name: str
    artifact: str | None


class RecommendedItem(Struct, frozen=True, omit_defaults=True):
    """One item; the propensity is the probability of having shown it at all.

    `reason`: why it is on the list, where there is something to say: `pinned`, `popular`, `new`,
    `explored` or `similar to what you viewed`.
    """

    item_id: str
    rank: int
    score: float | None
    propensity: float
    reason: str = ""


class RecordedExposure(Struct, frozen=True):
    """How the list was recorded, and the token that proves it was served by us."""

    recorded: Literal["committed", "buffered", "spooled", "lost", "none"]
    token: str | None


class Recommendations(Struct, frozen=True, omit_defaults=True):
    """The list; `fallback` says why it does not come from the variant's own artifact.

    `ignored`: tokens of the question that changed nothing.
    """

    request_id: UUID
    placement: str
    experiment: DecidingExperiment
    recommender: ServingRecommender
    items: list[RecommendedItem]
    fallback: str | None
    exposure: RecordedExposure
    ignored: list[IgnoredToken] = []
