"""What a decision takes in and what it hands back."""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from analytics.errors import InvalidInputError
from analytics.stats.formats import ValueFormat
from analytics.stats.references import require_alpha
from analytics.stats.results import (
    Comparison,
    Direction,
    ExposureCheck,
    Monitoring,
    NonInferiority,
    Plain,
    SplitCheck,
)


class VerdictState(StrEnum):
    """What the analysis recommends."""

    NO_DATA = "no_data"
    WITHHELD = "withheld"
    STOP = "stop"
    SHIP = "ship"
    NO_GAIN = "no_meaningful_gain"
    DO_NOT_READ = "do_not_read_yet"
    KEEP_RUNNING = "keep_running"
    INCONCLUSIVE = "inconclusive"


class Reason(StrEnum):
    """Why a verdict is what it is."""

    SPLIT = "split"
    MULTIPLE_EXPOSURE = "multiple_exposure"
    DATA_GAP = "data_gap"
    FAULT = "fault"
    PRIMARY_WORSE = "primary_worse"
    GUARDRAIL_EXCEEDED = "guardrail_exceeded"
    GUARDRAIL_OPEN = "guardrail_open"
    FIXED_HORIZON = "fixed_horizon"
    MINIMUM_DAYS = "minimum_days"
    WHOLE_WEEKS = "whole_weeks"
    TOO_FEW_UNITS = "too_few_units"
    NOT_COMPUTABLE = "not_computable"
    PRIMARY_BETTER = "primary_better"
    HARMLESS = "harmless"
    NOT_AFTER_ADJUSTMENT = "not_after_adjustment"
    WITHIN_MDE = "within_mde"
    NOT_TOLD_APART = "not_told_apart"


class GuardrailState(StrEnum):
    """Where a guardrail stands: within its limit, not shown yet, or beyond it."""

    HOLDS = "holds"
    OPEN = "open"
    EXCEEDED = "exceeded"


class CriterionState(StrEnum):
    """Whether one of the four tests behind a verdict is passed."""

    MET = "met"
    NOT_MET = "not_met"
    OPEN = "open"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A metric that must not worsen beyond `margin`, a fraction of its control value.

    Without a margin, or where it need not be shown to hold, it is watched for harm only and never
    holds back a launch.
    """

    key: str
    name: str
    comparison: Comparison
    direction: Direction = Direction.UP
    margin: float | None = None
    value_format: ValueFormat = field(default_factory=ValueFormat)
    must_be_shown: bool = True


@dataclass(frozen=True, slots=True)
class TreatmentInputs:
    """One treatment: its primary metric and its guardrails, each against control."""

    key: str
    name: str
    primary: Comparison
    guardrails: tuple[Guardrail, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionInputs:
    """All that a decision rests on; what was planned is fixed before the start.

    `planned_units` counts all variants together. `days_elapsed`: full days of data.
    `mde` and `harmless_margin` are fractions of the control value; with the latter the
    change only has to be harmless. `gaps`: days or sources whose events are missing, in
    words; `faults`: what else makes the data unusable, each one sentence. The guardrails'
    one-sided tests use `guardrail_alpha`.
    """

    metric_name: str
    treatments: tuple[TreatmentInputs, ...]
    split: SplitCheck
    exposure: ExposureCheck
    days_elapsed: int
    monitoring: Monitoring = Monitoring.ALWAYS_VALID
    direction: Direction = Direction.UP
    planned_units: int | None = None
    planned_days: int | None = None
    mde: float | None = None
    has_ended: bool = False
    gaps: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    harmless_margin: float | None = None
    guardrail_alpha: float = 0.05
    value_format: ValueFormat = field(default_factory=ValueFormat)

    def __post_init__(self) -> None:
        if not self.treatments:
            raise InvalidInputError("a decision needs a treatment")
        has_plan = self.planned_units is not None or self.planned_days is not None
        if self.monitoring is Monitoring.FIXED and not has_plan:
            raise InvalidInputError("a fixed horizon needs planned days or planned units")
        if any(each.primary.monitoring is not self.monitoring for each in self.treatments):
            raise InvalidInputError(f"a primary comparison is not monitored {self.monitoring}")
        require_alpha(self.guardrail_alpha)
        self._require_sizes()

    def _require_sizes(self) -> None:
        """Raise InvalidInputError on days, units or fractions that cannot be."""
        if self.days_elapsed < 0 or (self.planned_days is not None and self.planned_days < 0):
            raise InvalidInputError("days must not be negative")
        if self.planned_units is not None and self.planned_units < 1:
            raise InvalidInputError(f"planned units must be positive, were {self.planned_units}")
        for name, size in (("mde", self.mde), ("harmless margin", self.harmless_margin)):
            if size is not None and not 0 < size < math.inf:
                raise InvalidInputError(f"{name} must be positive and finite, was {size}")

    @property
    def n_units(self) -> int:
        """Return the units of all variants together."""
        return sum(self.split.counts)


@dataclass(frozen=True, slots=True)
class GuardrailVerdict(Plain):
    """One guardrail of one treatment, judged."""

    key: str
    name: str
    state: GuardrailState
    finding: NonInferiority
    comparison: Comparison
    value_format: ValueFormat


@dataclass(frozen=True, slots=True)
class TreatmentVerdict(Plain):
    """One treatment, judged on its own; `primary` carries the adjusted p where there is one."""

    key: str
    name: str
    state: VerdictState
    reasons: tuple[Reason, ...]
    primary: Comparison
    guardrails: tuple[GuardrailVerdict, ...]


@dataclass(frozen=True, slots=True)
class Criterion(Plain):
    """One of the four tests behind a verdict, with what it showed."""

    code: str
    state: CriterionState
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict(Plain):
    """The recommendation: one state, its words, and the evidence in order.

    `treatment_key`: the best treatment that may ship, or the one to stop, else None.
    `days_left`: until the result can be read or the size is reached, where known.
    `would_change`: in sentences, what would turn this verdict into another.
    """

    state: VerdictState
    treatment_key: str | None
    headline: str
    sentences: tuple[str, ...]
    reasons: tuple[Reason, ...]
    criteria: tuple[Criterion, ...]
    treatments: tuple[TreatmentVerdict, ...]
    days_left: int | None = None
    would_change: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return the sentences as one paragraph."""
        return " ".join(self.sentences)
