"""The mixture sequential probability ratio test: the always-valid sequence in another dress."""

import math

from analytics.errors import InvalidInputError
from analytics.stats.power import require_positive
from analytics.stats.sequential import log_e_value, tuning


def mixing_variance(variance: float, *, planned_pairs: int, alpha: float = 0.05) -> float:
    """Return τ² = φ*·V / planned pairs, the mixture that is narrowest at the planned size.

    `variance` V = v_A + v_B, of one unit each.
    """
    require_positive(variance=variance)
    return tuning(planned_pairs, alpha=alpha) * variance


def log_likelihood_ratio(difference: float, variance: float, *, pairs: int, mixing: float) -> float:
    """Return ln Λ of a difference of means against none.

    Λ = √(V / (V + nτ²)) · exp(n²τ²d² / (2V(V + nτ²))); `variance` V = v_A + v_B of one
    unit each, `pairs` n units per variant, `mixing` τ². Equal to `log_e_value` with
    φ = nτ²/V. Raises InvalidInputError unless V, n and τ² are positive. Sources:
    Johari, Koomen, Pekelis & Walsh (2022), Oper. Res. 70; (2017), KDD.

    >>> round(math.exp(log_likelihood_ratio(0.5, 8, pairs=1000, mixing=0.01)), 6)
    3924.87761
    """
    require_positive(variance=variance, mixing=mixing)
    if pairs < 1:
        raise InvalidInputError(f"pairs must be at least 1, were {pairs}")
    if not math.isfinite(difference):
        raise InvalidInputError(f"difference must be finite, was {difference}")
    statistic = difference / math.sqrt(variance / pairs)
    return log_e_value(statistic, pairs, rho2=mixing / variance)


def msprt_p_value(difference: float, variance: float, *, pairs: int, mixing: float) -> float:
    """Return min(1, 1 / Λ) of this look; quote the running minimum over looks."""
    return math.exp(
        min(0.0, -log_likelihood_ratio(difference, variance, pairs=pairs, mixing=mixing))
    )
