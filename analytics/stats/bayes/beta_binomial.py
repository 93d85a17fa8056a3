"""Posteriors of shares, and the odds and losses of choosing between them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincc, betaincinv

from analytics.errors import InvalidInputError
from analytics.stats.power import require_positive
from analytics.stats.quadrature import Floats, any_of, panel_rule
from analytics.stats.results import Plain

# Quantiles between which the quadrature has its panels; beyond lies less than rounding.
EDGES = (1e-18, 1e-15, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.15, 0.3, 0.5)
MARKS = tuple(float(mark) for mark in range(-44, 45, 4))  # a share beyond rounds to 0 or 1


@dataclass(frozen=True, slots=True)
class BetaPosterior(Plain):
    """A share is Beta(alpha, beta)-distributed; `alpha` and `beta` positive."""

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(each) and each > 0 for each in (self.alpha, self.beta)):
            raise InvalidInputError(f"not a beta distribution: {self.alpha}, {self.beta}")

    @property
    def mean(self) -> float:
        """Return alpha / (alpha + beta)."""
        return self.alpha / (self.alpha + self.beta)

    def quantile(self, share: float) -> float:
        """Return the value below which `share` of the posterior lies."""
        return float(betaincinv(self.alpha, self.beta, share))


@dataclass(frozen=True, slots=True)
class ShareChoice(Plain):
    """Treatment against control: who is better, and what a wrong choice costs on average.

    `loss_ship` is E[max(A − B, 0)], `loss_keep` E[max(B − A, 0)], both in shares.
    """

    probability: float
    loss_ship: float
    loss_keep: float


def beta_posterior(
    successes: int, n: int, *, prior_alpha: float = 1.0, prior_beta: float = 1.0
) -> BetaPosterior:
    """Return Beta(prior + successes, prior + failures).

    >>> beta_posterior(120, 1000)
    BetaPosterior(alpha=121.0, beta=881.0)
    """
    require_positive(prior_alpha=prior_alpha, prior_beta=prior_beta)
    if not 0 <= successes <= n:
        raise InvalidInputError(f"successes must lie in 0..{n}, were {successes}")
    return BetaPosterior(prior_alpha + successes, prior_beta + (n - successes))


def choose_share(control: BetaPosterior, treatment: BetaPosterior) -> ShareChoice:
    """Return P(B > A) and the expected losses of shipping B and of keeping A.

    P = ∫ f_B F_A, losses ∫ (1 − F_A) F_B and ∫ (1 − F_B) F_A, by quadrature over the
    log odds; the losses as integrals of what is never negative, so that a tiny one
    does not drown in the difference of two means. For a metric where less is better,
    swap the two. Source: Stucchio (2015), Bayesian A/B testing at VWO.

    >>> round(choose_share(beta_posterior(120, 1000), beta_posterior(144, 1000)).probability, 9)
    0.943328582
    """
    grid = _grid((control, treatment))
    below_a, below_b = (_below(each, grid) for each in (control, treatment))
    above_a, above_b = (_above(each, grid) for each in (control, treatment))
    return ShareChoice(
        probability=_unit(float((_density(treatment, grid) * below_a).sum())),
        loss_ship=float((grid.widths * above_a * below_b).sum()),
        loss_keep=float((grid.widths * above_b * below_a).sum()),
    )


def prob_best_share(posteriors: Sequence[BetaPosterior]) -> tuple[float, ...]:
    """Return, per variant, the probability to have the largest share; they sum to 1.

    P_i = ∫ f_i Π_{j≠i} F_j. One variant is always the best.
    """
    grid = _grid(_require_some(posteriors))
    below = np.array([_below(each, grid) for each in posteriors])
    raw = [
        float((_density(each, grid) * np.delete(below, index, axis=0).prod(axis=0)).sum())
        for index, each in enumerate(posteriors)
    ]
    return tuple(share / math.fsum(raw) for share in raw)


def expected_losses(posteriors: Sequence[BetaPosterior]) -> tuple[float, ...]:
    """Return, per variant, E[best − it]: what choosing it costs on average, in shares.

    ∫ F_i (1 − Π_{j≠i} F_j).
    """
    grid = _grid(_require_some(posteriors))
    below = np.array([_below(each, grid) for each in posteriors])
    above = np.array([_above(each, grid) for each in posteriors])
    return tuple(
        float((grid.widths * below[index] * any_of(np.delete(above, index, axis=0))).sum())
        for index in range(len(posteriors))
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """Nodes in log odds (n,), their shares and complements, and weights for both measures."""

    odds: Floats
    weights: Floats
    shares: Floats
    complements: Floats

    @property
    def widths(self) -> Floats:
        """Return the weights for integrals over the share itself."""
        return self.weights * self.shares * self.complements


def _grid(posteriors: Sequence[BetaPosterior]) -> _Grid:
    """Return panels between the quantiles of all posteriors, wide or narrow as they are.

    In log odds every beta density is smooth with exponential tails, also next to 0 and 1.
    """
    edges = {edge for each in posteriors for edge in _edges(each)}
    # Far apart posteriors leave a gap, in which the share itself still has to be resolved.
    edges |= {mark for mark in MARKS if min(edges) < mark < max(edges)}
    odds, weights = panel_rule(sorted(edges))
    shares, complements = 1 / (1 + np.exp(-odds)), 1 / (1 + np.exp(odds))
    return _Grid(odds, weights, shares, complements)


def _edges(posterior: BetaPosterior) -> list[float]:
    """Return quantiles in log odds, each tail from its own end, so that none rounds to 1."""
    low = betaincinv(posterior.alpha, posterior.beta, EDGES)
    high = betaincinv(posterior.beta, posterior.alpha, EDGES)
    tails = ((low, 1.0), (high, -1.0))
    return [
        sign * (math.log(value) - math.log1p(-value))
        for values, sign in tails
        for value in values
        if 0 < value < 1
    ]


def _density(posterior: BetaPosterior, grid: _Grid) -> Floats:
    """Return the posterior mass at each node, in units that sum to 1.

    Relative to the mean, and normalised by its own sum: the textbook constant is the
    difference of numbers a million times larger once there are many units.
    """
    mean = posterior.mean
    away = grid.odds - math.log(posterior.alpha / posterior.beta)
    total = posterior.alpha + posterior.beta
    log_density = posterior.alpha * away - total * _log1p_scaled(mean, away)
    mass = grid.weights * np.exp(log_density)
    return np.asarray(mass / mass.sum(), dtype=np.float64)


def _log1p_scaled(mean: float, away: Floats) -> Floats:
    """Return ln(1 + mean·(e^away − 1)), also where e^away would overflow."""
    near = np.clip(away, -700.0, 700.0)
    return np.asarray(np.log1p(mean * np.expm1(near)) + (away - near), dtype=np.float64)


def _below(posterior: BetaPosterior, grid: _Grid) -> Floats:
    """Return the cumulative probability at each node."""
    return _cumulative(posterior.alpha, posterior.beta, grid.shares, grid.complements)


def _above(posterior: BetaPosterior, grid: _Grid) -> Floats:
    """Return the probability above each node, exact where it is small."""
    return _cumulative(posterior.beta, posterior.alpha, grid.complements, grid.shares)


def _cumulative(alpha: float, beta: float, shares: Floats, complements: Floats) -> Floats:
    """Return the cumulative probability from the smaller of a share and its complement.

    A share next to 1 is rounded to 1, although much of a posterior may lie beyond.
    """
    low, high = betainc(alpha, beta, shares), betaincc(beta, alpha, complements)
    return np.asarray(np.where(shares < complements, low, high), dtype=np.float64)


def _unit(value: float) -> float:
    """Return the value as a probability: rounding may leave it a crumb beyond 1."""
    return min(1.0, max(0.0, value))


def _require_some(posteriors: Sequence[BetaPosterior]) -> Sequence[BetaPosterior]:
    if not posteriors:
        raise InvalidInputError("there must be at least one variant")
    return posteriors
