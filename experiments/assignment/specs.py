"""What assignment needs to know, frozen: compiled from rows, shared by every thread."""

from collections.abc import Mapping
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
class PrerequisiteSpec:
    """Another experiment, and those of its variants whose units may enter."""

    experiment_id: int
    experiment_key: str
    variants: frozenset[str]


@dataclass(frozen=True, slots=True)
class HoldoutSpec:
    """Buckets of units that stay out of every experiment, under a seed of their own."""

    seed: str
    range: Range


@dataclass(frozen=True, slots=True)
class ExperimentSpec:
    """One experiment as assignment sees it.

    `allocation`: the buckets of the layer whose units enter now. `overrides`: unit id → key of the
    variant it is forced into. `shipped`: key of the variant that everybody gets once it is over and
    decided, where no placement serves them; else "".
    """

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
    holdouts: tuple[HoldoutSpec, ...] = ()
    fallback_unit_type: str = ""
    overrides: dict[str, str] = field(default_factory=dict)
    prerequisites: tuple[PrerequisiteSpec, ...] = ()
    is_killed: bool = False
    is_sticky: bool = False
    shipped: str = ""

    def variant(self, key: str) -> VariantSpec | None:
        """Return the variant of a key, None when there is none."""
        return next((variant for variant in self.variants if variant.key == key), None)


@dataclass(frozen=True, slots=True)
class PlacementSpec:
    """A placement, its default parameters and the experiments that may decide it.

    `tryouts`: experiments that have not started, which only testers meet.
    """

    key: str
    parameters: dict[str, Any]
    experiments: tuple[ExperimentSpec, ...] = ()
    tryouts: tuple[ExperimentSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, and how: everything that a decision looks at besides the configuration.

    `forced`: experiment key → variant key, from a signed link. `kept`: experiment key → (phase,
    unit id), from signed tokens that the storefront carried over a sign-in.
    """

    units: UnitIds
    attributes: Mapping[str, Any] = field(default_factory=dict)
    has_consent: bool = True
    is_qa: bool = False
    forced: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The computed answer for one unit; stored nowhere.

    With OVERRIDE and QA the variant is served but the unit does not count.
    """

    reason: Reason
    parameters: dict[str, Any]
    experiment_key: str | None = None
    experiment_id: int | None = None
    phase: int | None = None
    variant: VariantSpec | None = None
    unit_id: str = ""
    unit_type: str = ""

    @property
    def in_experiment(self) -> bool:
        """Return whether the unit counts as a unit of the experiment."""
        return self.variant is not None and self.reason == Reason.SPLIT
