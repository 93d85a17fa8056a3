"""Any metric, any split, any looks: units, and power, from the metric's history."""

import math
from dataclasses import dataclass
from enum import StrEnum

from analytics.errors import InvalidInputError
from analytics.stats.dunnett import dunnett_critical_value
from analytics.stats.effects import require_defined
from analytics.stats.power import power_of, require_positive, require_power
from analytics.stats.references import require_alpha, upper_quantile
from analytics.stats.results import Estimate, Kind, Plain

MOST_UNITS = 10**12  # a plan that needs more is no plan


class Looks(StrEnum):
    """When the result will be read; `cost` is the price in units (four weeks of daily looks)."""

    FIXED = "fixed"
    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"
    ALWAYS_VALID = "always_valid"

    @property
    def cost(self) -> float:
        """Return the units needed as a multiple of a test read once."""
        return _COSTS[self]


# Integrated over 28 equal looks at alpha 0.05 and power 0.8; the last with the
# sequence tuned to the planned size.
_COSTS = {
    Looks.FIXED: 1.0,
    Looks.OBRIEN_FLEMING: 1.05,
    Looks.POCOCK: 1.27,
    Looks.ALWAYS_VALID: 1.72,
}


class Correction(StrEnum):
    """How a plan allows for several treatments."""

    NONE = "none"
    BONFERRONI = "bonferroni"
    DUNNETT = "dunnett"


class Goal(StrEnum):
    """Whether a difference is to be found, or a loss beyond a margin to be excluded."""

    SUPERIORITY = "superiority"
    NON_INFERIORITY = "non_inferiority"


@dataclass(frozen=True, slots=True)
class MetricHistory(Plain):
    """What is known of a metric before the test: its value, and the spread of one unit.

    `sigma`: standard deviation per unit in the metric's unit, of the linearised value
    for ratios, √n·se for quantiles. `correlation` with the covariate used, 0 without.
    """

    kind: Kind
    value: float
    sigma: float
    correlation: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", Kind(self.kind))
        if not math.isfinite(self.value):
            raise InvalidInputError(f"the metric's value must be finite, was {self.value}")
        if self.sigma == 0:
            raise InvalidInputError("the history shows no variance, so nothing can be planned")
        require_positive(sigma=self.sigma)
        if not -1 < self.correlation < 1:
            raise InvalidInputError(f"correlation must lie in (-1, 1), was {self.correlation}")
        if self.kind is Kind.BINARY and not 0 < self.value < 1:
            raise InvalidInputError(f"a share must lie in (0, 1), was {self.value}")

    @property
    def variance_factor(self) -> float:
        """Return 1 − ρ²: what is left of the variance after the covariate."""
        return 1 - self.correlation**2

    def variances(self, effect: float) -> tuple[float, float]:
        """Return the variance of one unit in control and under the effect.

        A share's variance follows from the share; others keep that of their history.
        """
        own = self.sigma**2 * self.variance_factor
        if self.kind is not Kind.BINARY:
            return own, own
        moved = self.value + effect
        if not 0 < moved < 1:
            raise InvalidInputError(f"an effect of {effect} moves the share to {moved}")
        return own, moved * (1 - moved) * self.variance_factor

    def effect_of(self, lift: float) -> float:
        """Return the absolute effect of a lift; raises InvalidInputError from a value ≤ 0."""
        if self.value <= 0:
            raise InvalidInputError(f"a lift needs a positive control value, was {self.value}")
        return lift * self.value


@dataclass(frozen=True, slots=True)
class Design(Plain):
    """How the test will be run and judged; `weights` are shares on any scale, control first."""

    weights: tuple[float, ...] = (1.0, 1.0)
    alpha: float = 0.05
    power: float = 0.8
    looks: Looks = Looks.ALWAYS_VALID
    correction: Correction = Correction.NONE
    goal: Goal = Goal.SUPERIORITY

    def __post_init__(self) -> None:
        for name, kind in (("looks", Looks), ("correction", Correction), ("goal", Goal)):
            object.__setattr__(self, name, kind(getattr(self, name)))
        require_alpha(self.alpha)
        require_power(self.power)
        if len(self.weights) < 2:
            raise InvalidInputError(f"a test has at least two variants, had {len(self.weights)}")
        for weight in self.weights:
            require_positive(weight=weight)

    @property
    def shares(self) -> tuple[float, ...]:
        """Return the weights scaled to sum to 1."""
        total = math.fsum(self.weights)
        return tuple(weight / total for weight in self.weights)

    @property
    def sides(self) -> int:
        """Return 1 for non-inferiority, else 2."""
        return 1 if self.goal is Goal.NON_INFERIORITY else 2

    @property
    def critical_value(self) -> float:
        """Return the z of a test read once, corrected for several treatments."""
        control, *treatments = self.weights
        if self.correction is Correction.DUNNETT:
            return dunnett_critical_value(control, treatments, alpha=self.alpha, sides=self.sides)
        k = len(treatments) if self.correction is Correction.BONFERRONI else 1
        return upper_quantile(self.alpha / self.sides / k)

    @property
    def constant(self) -> float:
        """Return (critical value + z at power)² times the price of the looks."""
        return (self.critical_value + upper_quantile(1 - self.power)) ** 2 * self.looks.cost


@dataclass(frozen=True, slots=True)
class SampleSize(Plain):
    """Whole units per variant, control first, and over all; `effect` in the metric's unit."""

    n_per_variant: tuple[int, ...]
    n_total: int
    effect: float


def history_of(kind: Kind, estimate: Estimate, *, correlation: float = 0.0) -> MetricHistory:
    """Return the history of a metric from its estimate over past units: σ² = n·variance.

    The same for every kind: v of a mean, p(1 − p), the variance of the linearised ratio,
    n·se² of a quantile. Raises InvalidInputError where the estimate has no variance.
    """
    value, variance = require_defined(estimate)
    return MetricHistory(kind, value, math.sqrt(estimate.n * variance), correlation)


def sample_size(history: MetricHistory, effect: float, design: Design) -> SampleSize:
    """Return the units each variant needs to detect `effect`, or exclude a loss that large.

    N = K·(σ²_A/s_0 + σ²_B/s_i) / δ² for the treatment with the smallest share, K with
    the correction, the looks and the sides of the design, s the shares. At least two
    units per variant. For non-inferiority `effect` is the margin, and no true difference
    is assumed. Raises InvalidInputError on an effect of 0, which no number of units
    shows, and on more than 10¹² units.

    >>> sample_size(MetricHistory(Kind.MEAN, 1.0, 1.0), 0.2, Design(looks=Looks.FIXED)).n_total
    786
    """
    if not math.isfinite(effect) or effect == 0:
        raise InvalidInputError(f"an effect of {effect} cannot be planned for")
    total = design.constant * _spread(history, effect, design) / effect**2
    if not total <= MOST_UNITS:
        raise InvalidInputError(f"an effect of {effect} needs more than {MOST_UNITS:g} units")
    sizes = tuple(max(2, math.ceil(total * share - 1e-9)) for share in design.shares)
    return SampleSize(sizes, sum(sizes), effect)


def power_at(history: MetricHistory, effect: float, n_total: float, design: Design) -> float:
    """Return the power to find `effect` with so many units over all variants.

    The price of looking counts as fewer units. For the treatment with the smallest share.
    """
    require_positive(n_total=n_total)
    variance = _spread(history, effect, design) / n_total * design.looks.cost
    critical = design.critical_value
    return power_of(effect, math.sqrt(variance), critical_value=critical, sides=design.sides)


def _spread(history: MetricHistory, effect: float, design: Design) -> float:
    """Return N times the variance of the effect, for the treatment with the smallest share."""
    shown = 0.0 if design.goal is Goal.NON_INFERIORITY else effect
    variance_a, variance_b = history.variances(shown)
    control, *treatments = design.shares
    return variance_a / control + variance_b / min(treatments)
