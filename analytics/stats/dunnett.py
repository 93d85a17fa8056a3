"""Several treatments against one control: Dunnett's simultaneous test."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from analytics.errors import InvalidInputError
from analytics.stats.quadrature import Floats, any_of, panel_rule
from analytics.stats.references import require_alpha, require_sides, upper_quantile
from analytics.stats.results import Interval, Plain

MOST_TREATMENTS = 1_000  # more are a typing error, and would be made
REACH = 9.0  # deviations of the shared control that the quadrature covers
FINEST_PANEL = 0.002  # a control a hundred thousand times rarer needs no finer one


@dataclass(frozen=True, slots=True)
class DunnettEffect(Plain):
    """One treatment of the family: its effect, adjusted p and simultaneous interval.

    p < alpha exactly when the interval excludes 0; one-sided intervals have no end on
    the other side (None).
    """

    effect: float
    se: float
    statistic: float
    p_value: float
    low: float
    high: float | None

    @property
    def interval(self) -> Interval | None:
        """Return the two-sided interval, None for a one-sided test."""
        return None if self.high is None else Interval(self.low, self.high)


def dunnett_tail(
    statistic: float, n_control: float, n_treatments: Sequence[float], *, sides: int = 2
) -> float:
    """Return the probability that any treatment's z is beyond `statistic` if none differs.

    1 − ∫ Π[Φ((c+λx)/√(1−λ²)) − Φ((−c+λx)/√(1−λ²))] φ(x) dx, λ² = n_i / (n_i + n_0), the
    variances of all variants equal and the units many; one-sided without the second
    term. This is the adjusted p-value of a z. Source: Dunnett (1955), JASA 50.

    >>> round(dunnett_tail(2.348970590, 1000, [1000, 1000, 1000]), 6)
    0.05
    """
    loadings = _loadings(n_control, n_treatments)
    require_sides(sides)
    if not math.isfinite(statistic):
        raise InvalidInputError(f"statistic must be finite, was {statistic}")
    return _tail(abs(statistic) if sides == 2 else statistic, loadings, sides)


def dunnett_critical_value(
    n_control: float, n_treatments: Sequence[float], *, alpha: float = 0.05, sides: int = 2
) -> float:
    """Return c that any of the z exceeds with probability alpha if no treatment differs.

    >>> round(dunnett_critical_value(500, [500, 500, 500]), 8)
    2.34897059
    """
    loadings = _loadings(n_control, n_treatments)
    require_alpha(alpha)
    require_sides(sides)
    # One alone is too few, Bonferroni's too many: c lies between.
    low = upper_quantile(alpha / sides)
    high = upper_quantile(alpha / sides / len(loadings))
    if len(loadings) == 1 or high - low < 1e-12:
        return low
    return float(
        brentq(lambda c: _tail(c, loadings, sides) - alpha, low - 1e-6, high + 1e-6, xtol=1e-12)
    )


def dunnett_effects(
    control: tuple[int, float],
    treatments: Sequence[tuple[int, float]],
    *,
    variance: float,
    alpha: float = 0.05,
    sides: int = 2,
) -> tuple[DunnettEffect, ...]:
    """Return each treatment's effect with adjusted p and simultaneous interval.

    `control`, `treatments`: (units, mean); `variance`: of one unit, pooled over all
    variants, whose variances must be alike: with different ones use Holm. One-sided
    tests look for effects above 0. Raises InvalidInputError without units or variance.
    """
    (n_control, mean_control), sizes = control, [n for n, _ in treatments]
    if not (math.isfinite(variance) and variance > 0):
        raise InvalidInputError(f"variance must be positive, was {variance}")
    critical = dunnett_critical_value(n_control, sizes, alpha=alpha, sides=sides)
    found = []
    for n, mean in treatments:
        effect, se = mean - mean_control, math.sqrt(variance * (1 / n_control + 1 / n))
        p_value = dunnett_tail(effect / se, n_control, sizes, sides=sides)
        high = effect + critical * se if sides == 2 else None
        found.append(DunnettEffect(effect, se, effect / se, p_value, effect - critical * se, high))
    return tuple(found)


def optimal_weights(k: int) -> tuple[float, ...]:
    """Return shares, control first, that make k comparisons with it most precise: √k to 1.

    >>> [round(share, 4) for share in optimal_weights(4)]
    [0.3333, 0.1667, 0.1667, 0.1667, 0.1667]
    """
    if not 1 <= k <= MOST_TREATMENTS:
        raise InvalidInputError(f"treatments must be 1 to {MOST_TREATMENTS}, were {k}")
    root = math.sqrt(k)
    return tuple(weight / (root + k) for weight in (root, *[1.0] * k))


def _tail(c: float, loadings: Floats, sides: int) -> float:
    """Return P(any z beyond c), summed from the tails so that a small one keeps its digits."""
    rest = np.sqrt(1 - loadings**2)
    panel = min(0.5, max(FINEST_PANEL, 4 * float(rest.min())))
    edges = np.linspace(-REACH, REACH, math.ceil(2 * REACH / panel) + 1)
    nodes, weights = panel_rule(edges)
    shared = loadings[:, None] * nodes
    beyond = ndtr((-c - shared) / rest[:, None])
    if sides == 2:
        beyond = beyond + ndtr((-c + shared) / rest[:, None])
    density = np.exp(-(nodes**2) / 2) / math.sqrt(2 * math.pi)
    return min(1.0, float(weights @ (density * any_of(beyond))))


def _loadings(n_control: float, n_treatments: Sequence[float]) -> Floats:
    """Return λ per treatment, its correlation with the shared control."""
    if not n_treatments:
        raise InvalidInputError("there must be a treatment")
    if not all(math.isfinite(n) and n > 0 for n in (n_control, *n_treatments)):
        raise InvalidInputError(f"units must be positive: {n_control}, {list(n_treatments)}")
    sizes = np.asarray(n_treatments, dtype=np.float64)
    return np.sqrt(sizes / (sizes + n_control))
