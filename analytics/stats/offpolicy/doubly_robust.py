"""A policy's value from predictions, corrected by weights: right when either is right."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.errors import InvalidInputError
from analytics.stats.offpolicy.estimators import require_limit
from analytics.stats.offpolicy.log import FeedbackLog, Floats
from analytics.stats.offpolicy.values import PolicyValue, mean_value, ratio_value
from analytics.stats.results import Status


def direct_method(log: FeedbackLog, *, alpha: float = 0.05) -> PolicyValue:
    """Return the mean of q̂(π): as good as the predictions, whose own error it does not know."""
    return mean_value("dm", log.predictions()[1], clusters=log.units, alpha=alpha)


def doubly_robust(log: FeedbackLog, *, alpha: float = 0.05) -> PolicyValue:
    """Return the mean of q̂(π) + w (r − q̂(a)), q̂ from other rows than its own (`cross_fit`).

    Source: Dudík, Langford & Li (2011), Doubly Robust Policy Evaluation and Learning, ICML.
    """
    return _corrected("dr", log, log.weights, alpha)


def switch_dr(log: FeedbackLog, *, threshold: float, alpha: float = 0.05) -> PolicyValue:
    """Return DR with w set to 0 where it exceeds `threshold` (τ): there q̂ alone speaks.

    Source: Wang, Agarwal & Dudík (2017), Optimal and Adaptive Off-policy Evaluation in
    Contextual Bandits, ICML.
    """
    limit = require_limit("threshold", threshold)
    return _corrected("switch_dr", log, np.where(log.weights > limit, 0, log.weights), alpha)


def shrunken_dr(log: FeedbackLog, *, strength: float, alpha: float = 0.05) -> PolicyValue:
    """Return DR with w → λw / (w² + λ), `strength` λ: large weights shrink most.

    λ → 0 gives the direct method, λ → ∞ DR. Source: Su, Dimakopoulou, Krishnamurthy &
    Dudík (2020), Doubly Robust Off-policy Evaluation with Shrinkage, ICML.
    """
    lam = require_limit("strength", strength)
    return _corrected("shrunken_dr", log, log.weights / (log.weights**2 / lam + 1), alpha)


def self_normalised_dr(log: FeedbackLog, *, alpha: float = 0.05) -> PolicyValue:
    """Return mean q̂(π) + Σ w (r − q̂(a)) / Σ w; `no_overlap` when every weight is 0.

    Its error is of first order: each row's part in the mean plus its part in the ratio.
    Source: Thomas & Brunskill (2016), ICML (weighted doubly robust).
    """
    q_a, q_pi = log.predictions()
    total = float(log.weights.sum())
    if not log.n:
        return PolicyValue("sndr", 0, Status.INSUFFICIENT_DATA)
    if total == 0:
        return PolicyValue("sndr", log.n, Status.NO_OVERLAP)
    base = float(q_pi.mean())
    correction = float(log.weights @ (log.rewards - q_a)) / total
    deviations = (q_pi - base) / log.n + log.weights * (log.rewards - q_a - correction) / total
    return ratio_value("sndr", base + correction, deviations, clusters=log.units, alpha=alpha)


def unit_folds(
    units: Sequence[object], n_folds: int, *, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return a fold for each row, all rows of a unit in the same one, sizes as even as can be."""
    _, codes = np.unique(np.asarray(units), return_inverse=True)
    n_units = int(codes.max()) + 1 if len(codes) else 0
    if not 2 <= n_folds <= n_units:
        raise InvalidInputError(f"folds must lie in 2..{n_units} (units), were {n_folds}")
    return rng.permutation(np.arange(n_units) % n_folds)[codes]


def cross_fit(
    folds: NDArray[np.intp],
    fit_predict: Callable[[NDArray[np.bool_], NDArray[np.bool_]], Floats],
) -> Floats:
    """Return predictions for each row, made without the rows of its fold.

    `fit_predict` gets two masks, the rows to learn from and the rows to predict, and
    returns one prediction per row of the second. A q̂ that has seen its own reward
    hides the error that the correction is there to find.
    """
    if len(np.unique(folds)) < 2:
        raise InvalidInputError("cross-fitting needs two folds")
    predictions = np.empty(len(folds), dtype=np.float64)
    for fold in np.unique(folds):
        held_out = folds == fold
        predictions[held_out] = fit_predict(~held_out, held_out)
    return predictions


def _corrected(method: str, log: FeedbackLog, weights: Floats, alpha: float) -> PolicyValue:
    """Return the mean of q̂(π) + weight · (r − q̂(a))."""
    q_a, q_pi = log.predictions()
    terms = q_pi + weights * (log.rewards - q_a)
    return mean_value(method, terms, clusters=log.units, alpha=alpha)
