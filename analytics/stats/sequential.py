"""Always-valid inference: intervals and p-values that hold at every look.

Normal-mixture confidence sequence, with the variance estimated. Sources: Robbins
(1970); Howard, Ramdas, McAuliffe & Sekhon (2021), Ann. Stat. 49; Waudby-Smith,
Arbour, Sinha, Kennedy & Ramdas (2024), Ann. Stat.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from scipy.special import lambertw, log_ndtr

from analytics.errors import InvalidInputError
from analytics.stats.effects import LARGEST, judged_effect
from analytics.stats.references import require_alpha
from analytics.stats.results import Interval, Plain

DEFAULT_PLANNED_N = 5000  # the default of GrowthBook for the same construction


def tuning(planned_n: int | None = None, *, alpha: float = 0.05) -> float:
    """Return ρ² that makes the sequence narrowest when `planned_n` units are reached.

    φ* / N*, φ* = 2 ln(1/α) + ln(1 + 2 ln(1/α)): the closed form, within 0.003 % of the
    best width. `planned_n` counts both variants of the comparison and is frozen at
    the start. For a one-sided bound at level a, give alpha = 2a.

    >>> round(math.sqrt(tuning(100_000)), 12)
    0.008908509753
    """
    planned_n = DEFAULT_PLANNED_N if planned_n is None else planned_n
    if planned_n < 1:
        raise InvalidInputError(f"planned n must be positive, was {planned_n}")
    doubled = -2 * math.log(require_alpha(alpha))
    return (doubled + math.log1p(doubled)) / planned_n


def exact_tuning(planned_n: int, *, alpha: float = 0.05) -> float:
    """Return ρ² of the very narrowest sequence, (−W₋₁(−α²/e) − 1) / N*.

    Lambert's W; a check of the closed form, which every report uses. As `tuning`,
    `planned_n` counts both variants.

    >>> round(exact_tuning(1), 9)
    8.211968062
    """
    if planned_n < 1:
        raise InvalidInputError(f"planned n must be positive, was {planned_n}")
    branch = float(lambertw(-(require_alpha(alpha) ** 2) / math.e, k=-1).real)
    return (-branch - 1) / planned_n


def sequential_critical_value(n: int, *, rho2: float, alpha: float = 0.05) -> float:
    """Return c such that estimate ± c·se holds at every look, at `n` units so far.

    c = √[(1+φ)/φ · (2 ln(1/α) + ln(1+φ))], φ = n·ρ².

    >>> round(sequential_critical_value(20_000, rho2=tuning(20_000)), 9)
    3.03520899
    """
    phi = _phi(n, rho2)
    return math.sqrt((1 + phi) / phi * (-2 * math.log(require_alpha(alpha)) + math.log1p(phi)))


def one_sided_critical_value(n: int, *, rho2: float, alpha: float = 0.05) -> float:
    """Return c such that the bound estimate − c·se holds at every look.

    c = √[2(1+φ)/φ · ln(1 + √(1+φ)/(2α))]; tune ρ² at 2α.
    """
    phi = _phi(n, rho2)
    inside = math.log1p(math.sqrt(1 + phi) / (2 * require_alpha(alpha)))
    return math.sqrt(2 * (1 + phi) / phi * inside)


def log_e_value(statistic: float, n: int, *, rho2: float) -> float:
    """Return ln E, the log of the evidence against a zero effect, φz²/(2(1+φ)) − ½ ln(1+φ)."""
    phi = _phi(n, rho2, statistic)
    return _exponent(statistic, phi) - math.log1p(phi) / 2


def sequential_p_value(statistic: float, n: int, *, rho2: float) -> float:
    """Return min(1, 1 / E): the always-valid p-value of this look alone."""
    return math.exp(min(0.0, -log_e_value(statistic, n, rho2=rho2)))


def one_sided_p_value(statistic: float, n: int, *, rho2: float) -> float:
    """Return the level at which the one-sided bound just touches: 1 unless `statistic` > 0.

    √(1+φ) / (2(exp(φz²/(2(1+φ))) − 1)), the one-sided critical value solved for α.
    """
    phi = _phi(n, rho2, statistic)
    exponent = _exponent(max(statistic, 0.0), phi)
    if exponent == 0:
        return 1.0
    log_p = math.log1p(phi) / 2 - math.log(2) - exponent - math.log(-math.expm1(-exponent))
    return math.exp(min(0.0, log_p))


def one_sided_log_e_value(statistic: float, n: int, *, rho2: float) -> float:
    """Return ln E of the half-normal mixture, evidence for an effect above zero.

    ln 2 + ln Φ(u) + u²/2 − ½ ln(1+φ), u = z·√(φ/(1+φ)). `one_sided_p_value` is the
    closed form that stays at or above 1 / E.
    """
    phi = _phi(n, rho2, statistic)
    u = statistic * math.sqrt(phi / (1 + phi))
    return math.log(2) + float(log_ndtr(u)) + _exponent(statistic, phi) - math.log1p(phi) / 2


def running_minimum(p_values: Sequence[float]) -> list[float]:
    """Return the smallest p-value up to each look: what an always-valid p may be quoted as.

    >>> running_minimum([0.4, 0.03, 0.2])
    [0.4, 0.03, 0.03]
    """
    if not all(0 <= p_value <= 1 for p_value in p_values):
        raise InvalidInputError(f"p-values must lie in [0, 1], were {list(p_values)}")
    return list(accumulate(p_values, min))


@dataclass(frozen=True, slots=True)
class AlwaysValid(Plain):
    """An effect as it stands at one look, valid however many looks there are.

    `interval` two-sided, `lower_bound` one-sided at the same alpha; `log_e_value` is
    the evidence against no effect, `p_value` min(1, 1 / E).
    """

    n: int
    critical_value: float
    interval: Interval
    lower_bound: float
    log_e_value: float
    p_value: float


def confidence_sequence(
    effect: float, se: float, *, n: int, planned_n: int | None = None, alpha: float = 0.05
) -> AlwaysValid:
    """Return the always-valid interval, bound and p of any effect with its error at `n` units.

    `n`, `planned_n`: units of both variants. Works for adjusted, ratio and quantile
    effects alike. Raises InvalidInputError on an error that is not positive, and as
    `tuning`.

    >>> found = confidence_sequence(0.006, 0.003168027778, n=20_000, planned_n=20_000)
    >>> round(found.p_value, 7), round(found.interval.high, 9)
    (0.6079147, 0.015615626)
    """
    test = judged_effect(effect, se, SequentialReference(alpha, n, planned_n))
    one_sided = one_sided_critical_value(n, rho2=one_sided_tuning(planned_n, alpha), alpha=alpha)
    rho2 = tuning(planned_n, alpha=alpha)
    return AlwaysValid(
        n=n,
        critical_value=test.critical_value,
        interval=test.interval,
        lower_bound=effect - one_sided * se,
        log_e_value=log_e_value(test.statistic, n, rho2=rho2),
        p_value=test.p_value,
    )


def one_sided_tuning(planned_n: int | None, alpha: float) -> float:
    """Return ρ² for a one-sided bound at `alpha`; capped, for the formula ends at alpha 0.5."""
    return tuning(planned_n, alpha=min(2 * require_alpha(alpha), 0.99))


@dataclass(frozen=True, slots=True)
class SequentialReference:
    """The always-valid yardstick at `n` units, tuned to `planned_n` of them."""

    alpha: float
    n: int
    planned_n: int | None = None

    @property
    def df(self) -> float | None:
        """Return None: the sequence rests on the normal."""
        return None

    @property
    def critical_value(self) -> float:
        """Return the two-sided critical value at this look."""
        rho2 = tuning(self.planned_n, alpha=self.alpha)
        return sequential_critical_value(self.n, rho2=rho2, alpha=self.alpha)

    def p_value(self, statistic: float) -> float:
        """Return the always-valid p-value of this look."""
        rho2 = tuning(self.planned_n, alpha=self.alpha)
        return sequential_p_value(statistic, self.n, rho2=rho2)


def _exponent(statistic: float, phi: float) -> float:
    """Return φz²/(2(1+φ)), at most the largest double."""
    return min(LARGEST, phi / (2 * (1 + phi)) * statistic * statistic)


def _phi(n: int, rho2: float, statistic: float = 0.0) -> float:
    """Return φ = n·ρ², how far the look is along the tuning."""
    if n < 1 or not (math.isfinite(rho2) and rho2 > 0):
        raise InvalidInputError(f"n and rho2 must be positive, were {n} and {rho2}")
    if not abs(statistic) <= LARGEST:
        raise InvalidInputError(f"statistic must be finite and below {LARGEST:g}, was {statistic}")
    return n * rho2
