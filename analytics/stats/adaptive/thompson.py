"""Thompson sampling: each variant as often as it may be the best, and the exact odds logged.

Variants are drawn from probabilities that were computed first, so the logged propensity
of a decision is the one it was made with, not an estimate of it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidInputError
from analytics.stats.adaptive.posteriors import Posterior
from analytics.stats.arrays import finite_array, require_between

FLOOR = 0.05  # least probability of a variant: keeps the weights of the analysis below 20
NODES = 16  # of the quadrature, on each panel
PANEL_ENDS = np.array([1e-9, 1e-6, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, 1 - 1e-4, 1 - 1e-6, 1 - 1e-9])
MIN_DRAWS = 2000  # of the Monte Carlo form: an error of about 1 %
TOP_TWO_BETA = 0.5


def best_probabilities(posteriors: Sequence[Posterior]) -> NDArray[np.float64]:
    """Return each variant's probability of having the highest mean; they sum to 1.

    ∫₀¹ ∏_{j≠i} F_j(F_i⁻¹(u)) du by Gauss–Legendre on panels that end where another
    posterior rises, within 1e-9. Sources: Thompson (1933), Biometrika 25; Scott (2010).
    """
    _require_several(posteriors)
    raw = np.array([_probability_of(i, posteriors) for i in range(len(posteriors))])
    return raw / raw.sum()


def best_probabilities_by_draws(
    posteriors: Sequence[Posterior], *, rng: np.random.Generator, n_draws: int = MIN_DRAWS
) -> NDArray[np.float64]:
    """Return the share of `n_draws` joint draws in which each variant is highest.

    The Monte Carlo form of `best_probabilities`; at least 2000 draws.
    """
    _require_several(posteriors)
    if n_draws < MIN_DRAWS:
        raise InvalidInputError(f"at least {MIN_DRAWS} draws are needed, were {n_draws}")
    draws = np.stack([posterior.draw(n_draws, rng) for posterior in posteriors])
    winners = draws.argmax(axis=0)
    return np.bincount(winners, minlength=len(posteriors)) / n_draws


def top_two(probabilities: ArrayLike, *, beta: float = TOP_TWO_BETA) -> NDArray[np.float64]:
    """Return the odds of top-two Thompson sampling from those of being best.

    The best of one draw is chosen with probability `beta`, else draws are repeated until
    another variant is best: ψ_i (β + (1 − β) Σ_{j≠i} ψ_j / (1 − ψ_j)). It finds the best
    variant sooner, for it does not stop trying the runner-up. Source: Russo (2020),
    Simple Bayesian Algorithms for Best-Arm Identification, Oper. Res. 68.

    >>> top_two([0.5, 0.5]).tolist()
    [0.5, 0.5]
    """
    psi = _as_probabilities(probabilities)
    if not 0 < beta <= 1:
        raise InvalidInputError(f"beta must lie in (0, 1], was {beta}")
    chosen = beta * psi
    for leader, probability in enumerate(psi):
        rest = np.delete(psi, leader)
        total = rest.sum()
        # A certain leader leaves no order among the others: they share its second place.
        odds = rest / total if total > 0 else np.full(len(rest), 1 / len(rest))
        chosen += (1 - beta) * probability * np.insert(odds, leader, 0.0)
    return chosen / chosen.sum()


def with_floor(probabilities: ArrayLike, *, floor: float = FLOOR) -> NDArray[np.float64]:
    """Return the odds mixed with the uniform: floor + (1 − K·floor) · p, never below `floor`.

    >>> with_floor([1.0, 0.0]).round(3).tolist()
    [0.95, 0.05]
    """
    p = _as_probabilities(probabilities)
    if not 0 <= floor * len(p) <= 1:
        raise InvalidInputError(f"a floor of {floor} does not fit {len(p)} variants")
    return floor + (1 - floor * len(p)) * p


def choose_variants(
    probabilities: ArrayLike, size: int, *, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return `size` variants, by index, and the probability that each was chosen with.

    One batch shares its probabilities: with delayed outcomes, compute them anew per batch.
    """
    p = _as_probabilities(probabilities)
    if size < 0:
        raise InvalidInputError(f"size must not be negative, was {size}")
    chosen = rng.choice(len(p), size=size, p=p)
    return chosen, p[chosen]


def _probability_of(i: int, posteriors: Sequence[Posterior]) -> float:
    """Return the probability that variant i is the best of all."""
    others = [each for j, each in enumerate(posteriors) if j != i]
    # A surer posterior than i's is a step in u: a panel boundary on each of its quantiles.
    rises = [posteriors[i].cdf(each.quantile(PANEL_ENDS)) for each in others]
    ends = np.unique(np.clip(np.concatenate([[0.0], PANEL_ENDS, *rises, [1.0]]), 0, 1))
    nodes, node_weights = np.polynomial.legendre.leggauss(NODES)
    half = np.diff(ends)[:, None] / 2
    u = (ends[:-1, None] + half * (nodes + 1)).ravel()
    x = posteriors[i].quantile(u)
    values = np.prod([each.cdf(x) for each in others], axis=0)
    return float(values @ (half * node_weights).ravel())


def _as_probabilities(probabilities: ArrayLike) -> NDArray[np.float64]:
    p = require_between("probabilities", finite_array("probabilities", probabilities), 0, 1)
    if len(p) < 2 or abs(p.sum() - 1) > 1e-9:
        raise InvalidInputError(f"probabilities of two variants or more must sum to 1, were {p}")
    return p / p.sum()


def _require_several(posteriors: Sequence[Posterior]) -> None:
    if len(posteriors) < 2:
        raise InvalidInputError(f"a choice needs two variants, there were {len(posteriors)}")
