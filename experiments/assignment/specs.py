"""What assignment needs to know, frozen: compiled from rows, shared by every thread."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from experiments.assignment.layers import Range


class Reason(StrEnum):
    """Why a unit is or is not in an experiment."""

    SPLIT = "SPLIT"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    NOT_IN_LAYER = "NOT_IN_LAYER"
    HOLDOUT = "HOLDOUT"
    OVERRIDE = "OVERRIDE"
    QA = "QA"
    PAUSED = "PAUSED"
    NOT_STARTED = "NOT_STARTED"
    ENDED = "ENDED"
    KILLED = "KILLED"
    PREREQUISITE = "PREREQUISITE"
    NO_UNIT = "NO_UNIT"
    NO_CONSENT = "NO_CONSENT"
    NO_EXPERIMENT = "NO_EXPERIMENT"


@dataclass(frozen=True, slots=True)
class UnitIds:
    """The ids of whoever asks; "" where there is none."""

    visitor_id: str = ""
    account_id: str = ""
    session_id: str = ""

    def of(self, unit_type: str) -> str:
        """Return the id of a unit type."""
        match unit_type:
            case "visitor":
                return self.visitor_id
            case "account":
                return self.account_id
            case _:
                return self.session_id


@dataclass(frozen=True, slots=True)
class VariantSpec:
    """One variant and the buckets that pick it."""

    id: int
    key: str
    name: str
    range: Range
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class HoldoutSpec:
    """Buckets of units that stay out of every experiment, under a seed of their own."""

    seed: str
    range: Range


@dataclass(frozen=True, slots=True)
class ExperimentSpec:
    """One experiment as assignment sees it."""

    id: int
    key: str
    placement: str
    unit_type: str
    status: str
    phase: int
    seed: str
    layer_seed: str
    allocation: tuple[Range, ...]
    variants: tuple[VariantSpec, ...]
    condition: dict[str, Any] = field(default_factory=dict)
    holdout: HoldoutSpec | None = None


@dataclass(frozen=True, slots=True)
class PlacementSpec:
    """A placement, its default parameters and the experiments that may decide it."""

    key: str
    parameters: dict[str, Any]
    experiments: tuple[ExperimentSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The computed answer for one unit; stored nowhere."""

    reason: Reason
    parameters: dict[str, Any]
    experiment_key: str | None = None
    experiment_id: int | None = None
    phase: int | None = None
    variant: VariantSpec | None = None
    unit_id: str = ""

    @property
    def in_experiment(self) -> bool:
        """Return whether the unit counts as a unit of the experiment."""
        return self.variant is not None and self.reason == Reason.SPLIT
