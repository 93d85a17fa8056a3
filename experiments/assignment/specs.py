"""What assignment needs to know, frozen: compiled from rows, shared by every thread."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from experiments.assignment.hashing import seed_state
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
    BOT = "BOT"


# What every decision makes anew is a Struct: a frozen dataclass takes ten times as long to make.
class UnitIds(msgspec.Struct, frozen=True):
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


class Prepared:
    """What decisions need of an experiment over and over; follows from its fields.

    The states are those of the seeds, walked once. `stops`: where each variant's range ends.
    `by_key`: the variants.
    """

    __slots__ = ("by_key", "holdout_states", "layer_state", "split_state", "stops")

    layer_state: int
    split_state: int
    holdout_states: tuple[tuple[int, Range], ...]
    stops: tuple[int, ...]
    by_key: dict[str, VariantSpec]

    def _prepare(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class ExperimentSpec(Prepared):
    """One experiment as assignment sees it.

    `allocation`: the buckets of the layer whose units enter now. `overrides`: unit id → key of the
    variant it is forced into. `shipped`: key of the variant that everybody gets once it is over and
    decided, where no placement serves them; else "". The variants' ranges follow each other and
    fill [0, BUCKETS).
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

    def __post_init__(self) -> None:
        self._prepare(
            layer_state=seed_state(self.layer_seed),
            split_state=seed_state(self.seed),
            holdout_states=tuple((seed_state(each.seed), each.range) for each in self.holdouts),
            stops=tuple(variant.range[1] for variant in self.variants),
            by_key={variant.key: variant for variant in self.variants},
        )

    def variant(self, key: str) -> VariantSpec | None:
        """Return the variant of a key, None when there is none."""
        return self.by_key.get(key)


@dataclass(frozen=True, slots=True)
class PlacementSpec:
    """A placement, its default parameters and the experiments that may decide it.

    `tryouts`: experiments that have not started, which only testers meet.
    """

    key: str
    parameters: dict[str, Any]
    experiments: tuple[ExperimentSpec, ...] = ()
    tryouts: tuple[ExperimentSpec, ...] = ()


class Visit(msgspec.Struct, frozen=True):
    """Who asks, and how: everything that a decision looks at besides the configuration.

    `forced`: experiment key → variant key, from a signed link. `kept`: experiment key → (phase,
    unit id), from signed tokens that the storefront carried over a sign-in.
    """

    units: UnitIds
    attributes: Mapping[str, Any] = {}
    has_consent: bool = True
    is_qa: bool = False
    forced: Mapping[str, str] = {}
    kept: Mapping[str, tuple[int, str]] = {}


class Decision(msgspec.Struct, frozen=True):
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
