"""What the statistics hand back: frozen values and the codes that explain a missing one."""

import math
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum

from analytics.errors import InvalidInputError


class Kind(StrEnum):
    """How a metric is computed from the values of its units."""

    BINARY = "binary"
    MEAN = "mean"
    RATIO = "ratio"
    QUANTILE = "quantile"


class Monitoring(StrEnum):
    """Whether a result may be read at every look or only once, at the planned end."""

    ALWAYS_VALID = "always_valid"
    FIXED = "fixed"


class Direction(StrEnum):
    """Which way of a metric is good."""

    UP = "up"
    DOWN = "down"

    @property
    def sign(self) -> int:
        """Return +1 when more is better, else -1."""
        return 1 if self is Direction.UP else -1


class Status(StrEnum):
    """Why a value is there, or why it cannot be."""

    OK = "ok"
    INSUFFICIENT_DATA = "insufficient_data"
    ZERO_VARIANCE = "zero_variance"
    ZERO_BASELINE = "zero_baseline"
    UNBOUNDED = "unbounded"
    ZERO_DENOMINATOR = "zero_denominator"
    NO_OVERLAP = "no_overlap"


class WarningCode(StrEnum):
    """Reasons to read a computed value with care."""

    SMALL_SAMPLE = "small_sample"
    SKEWED = "skewed"
    SRM = "srm"
    UNEQUAL_SPLIT = "unequal_split"
    ONE_ZERO_VARIANCE = "one_zero_variance"
    LOW_ESS = "low_ess"
    SIMPSON = "simpson"
    NOVELTY = "novelty"
    PEEKED_FIXED = "peeked_fixed"
    OVERDISPERSED = "overdispersed"
    MISSING_HISTORY = "missing_history"
    CAP_CHANGES_SIGN = "cap_changes_sign"
    INFLUENTIAL_UNITS = "influential_units"
    DOMINANT_UNIT = "dominant_unit"


def to_plain(value: object) -> object:
    """Return a JSON-ready copy of a result; a number that is not finite becomes None.

    >>> to_plain({"p": float("nan"), "status": Status.OK, "looks": (1, 2)})
    {'p': None, 'status': 'ok', 'looks': [1, 2]}
    """
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    return value


class Plain:
    """Gives a result dataclass its JSON form."""

    __slots__ = ()

    def to_dict(self) -> dict[str, object]:
        """Return the fields, JSON-ready: never NaN or infinity, null plus status instead."""
        plain = to_plain(self)
        assert isinstance(plain, dict)
        return plain


@dataclass(frozen=True, slots=True)
class Interval(Plain):
    """A range [low, high] compatible with the data.

    >>> Interval(0.8, 5.4).excludes(0)
    True
    """

    low: float
    high: float

    def excludes(self, value: float) -> bool:
        """Tell whether `value` lies outside; an end that touches it does not exclude it."""
        return self.low > value or self.high < value

    def lies_within(self, low: float, high: float) -> bool:
        """Tell whether the whole range is strictly between `low` and `high`."""
        return low < self.low and self.high < high

    def flipped(self) -> "Interval":
        """Return the range of the negated quantity."""
        return Interval(-self.high, -self.low)


@dataclass(frozen=True, slots=True)
class Estimate(Plain):
    """One variant's value of a metric, and the variance of that value (its squared error).

    `variance` is that of the estimate, not of the units: v / n for a mean. None
    where it is undefined: no unit, a single unit, or a ratio over nothing.
    """

    n: int
    value: float | None
    variance: float | None

    def __post_init__(self) -> None:
        if self.n < 0:
            raise InvalidInputError(f"number of units must not be negative, was {self.n}")
        for name, number in (("value", self.value), ("variance", self.variance)):
            if number is not None and not math.isfinite(number):
                raise InvalidInputError(f"{name} must be finite, was {number}")
        if self.variance is not None and self.variance < 0:
            raise InvalidInputError(f"variance must not be negative, was {self.variance}")


@dataclass(frozen=True, slots=True)
class EffectTest(Plain):
    """The absolute difference treatment − control, judged by one critical value."""

    effect: float
    se: float
    statistic: float
    df: float | None
    p_value: float
    critical_value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Lift(Plain):
    """The relative difference treatment / control − 1; `g` is Fieller's, above 1 unbounded."""

    status: Status
    value: float | None = None
    interval: Interval | None = None
    se: float | None = None
    g: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison(Plain):
    """One metric of one treatment against control: all that a report row shows.

    `effect` is absolute, in the metric's unit; `lift` a fraction (0.12 is +12 %).
    Whenever both are given, `p_value` < `alpha` exactly when `interval` excludes 0
    and exactly when `lift_interval` excludes 0. `p_adjusted` stays None until
    `multiplicity.adjust` fills it and names its method in `adjustment`.
    """

    kind: Kind
    monitoring: Monitoring
    alpha: float
    planned_n: int | None
    control: Estimate
    treatment: Estimate
    status: Status
    lift_status: Status
    effect: float | None = None
    se: float | None = None
    statistic: float | None = None
    df: float | None = None
    critical_value: float | None = None
    p_value: float | None = None
    interval: Interval | None = None
    lift: float | None = None
    lift_interval: Interval | None = None
    warnings: tuple[WarningCode, ...] = ()
    p_adjusted: float | None = None
    adjustment: str | None = None

    @property
    def n(self) -> int:
        """Return the units of both variants together."""
        return self.control.n + self.treatment.n


class CheckLevel(StrEnum):
    """How grave a finding about the data is; `block` withholds the verdict."""

    OK = "ok"
    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class SplitCheck(Plain):
    """Units per variant against their configured shares; `p_value` None without units."""

    counts: tuple[int, ...]
    expected: tuple[float, ...]
    statistic: float | None
    df: int
    p_value: float | None
    threshold: float
    status: Status
    level: CheckLevel


@dataclass(frozen=True, slots=True)
class ExposureCheck(Plain):
    """Units seen in two or more variants, who are left out of every variant."""

    n_multiple: int
    n_units: int
    share: float | None
    level: CheckLevel
    is_biasing: bool  # the split is uneven, so leaving them out shifts the shares


@dataclass(frozen=True, slots=True)
class NonInferiority(Plain):
    """Whether a metric stays within a relative margin of its control value.

    `worst_lift`: the one-sided bound in the harmful direction, a fraction. `is_shown`:
    the bound is inside the margin. `is_exceeded`: the whole two-sided interval is beyond it.
    """

    margin: float
    status: Status
    is_shown: bool
    is_exceeded: bool
    statistic: float | None = None
    critical_value: float | None = None
    p_value: float | None = None
    worst_lift: float | None = None
