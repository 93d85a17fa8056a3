"""Effects from adaptively collected data: scores whose mean is unbiased, and their weights.

A bandit drops a variant after bad luck and so never corrects it: its plain mean is biased
downwards and its interval too narrow. An A/B test, or a uniform holdout of at least 20 %,
remains the evidence to ship.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidInputError
from analytics.stats.arrays import finite_array, require_between, require_same_shape
from analytics.stats.columns import require_finite
from analytics.stats.references import NormalReference
from analytics.stats.results import Interval, Plain, Status

LEAST_PROPENSITY = 1e-30  # below it squared scores overflow; a logged choice had some chance


class Weighting(StrEnum):
    """How decisions are weighted: all alike, or by the root of their propensity."""

    UNIFORM = "uniform"
    CONSTANT_ALLOCATION = "constant_allocation"


@dataclass(frozen=True, slots=True)
class AdaptiveEstimate(Plain):
    """A value, or a difference of two, from adaptive data; None where it has no error."""

    n: int
    status: Status
    value: float | None = None
    se: float | None = None
    p_value: float | None = None  # of the value against 0
    interval: Interval | None = None


def aipw_scores(
    outcomes: ArrayLike, is_chosen: ArrayLike, propensities: ArrayLike, predictions: ArrayLike
) -> NDArray[np.float64]:
    """Return Γ_t = μ̂_{t−1} + 1{A_t = a} (y_t − μ̂_{t−1}) / e_t of one variant a, shape (T,).

    `outcomes` y; `is_chosen` whether decision t took the variant; `propensities` e: the
    probability, logged before the choice, that it would; `predictions` μ̂: of the
    variant's mean, from decisions before t only (see `running_means`). Given the past,
    Γ_t has the variant's mean for expectation, whatever μ̂ is. Raises InvalidInputError
    on a propensity outside (0, 1]. Source: Hadad, Hirshberg, Zhan, Wager & Athey (2021),
    PNAS 118.
    """
    y, e = finite_array("outcomes", outcomes), _as_propensities(propensities)
    taken, guess = _as_flags(is_chosen), finite_array("predictions", predictions)
    require_same_shape(outcomes=y, is_chosen=taken, propensities=e, predictions=guess)
    return guess + taken * (y - guess) / e


def decision_weights(propensities: ArrayLike, weighting: Weighting) -> NDArray[np.float64]:
    """Return h_t: 1, or √e_t, which keeps the variance steady when e falls as t^(−1/2)."""
    e = _as_propensities(propensities)
    return np.sqrt(e) if weighting is Weighting.CONSTANT_ALLOCATION else np.ones_like(e)


def running_means(
    outcomes: ArrayLike, is_chosen: ArrayLike, *, batches: ArrayLike | None = None, start: float = 0
) -> NDArray[np.float64]:
    """Return, for each decision, the mean outcome of the variant in earlier batches, shape (T,).

    `batches`: non-decreasing batch number of each decision; None makes each its own.
    `start`: the prediction before the variant's first outcome.

    >>> running_means([1, 0, 1, 1], [1, 0, 1, 0]).tolist()
    [0.0, 1.0, 1.0, 1.0]
    """
    y, taken = finite_array("outcomes", outcomes), _as_flags(is_chosen)
    require_finite("start", [start])
    order = np.arange(len(y), dtype=np.float64)
    batch = order if batches is None else finite_array("batches", batches)
    require_same_shape(outcomes=y, is_chosen=taken, batches=batch)
    if (np.diff(batch) < 0).any():
        raise InvalidInputError("batches must not decrease")
    totals = np.concatenate([[0.0], np.cumsum(y * taken)])
    counts = np.concatenate([[0.0], np.cumsum(taken)])
    first = np.searchsorted(batch, batch, side="left")  # everything before the own batch
    known = counts[first] > 0
    return np.where(known, totals[first] / np.where(known, counts[first], 1), float(start))


def adaptive_estimate(
    scores: ArrayLike, weights: ArrayLike | None = None, *, alpha: float = 0.05
) -> AdaptiveEstimate:
    """Return Σ hΓ / Σ h with variance Σ h²(Γ − value)² / (Σ h)².

    `scores`: Γ of `aipw_scores`; `weights`: h of `decision_weights`, all 1 by default.
    Fewer than two decisions: `insufficient_data`; equal scores: `zero_variance`.
    """
    gamma, h = _as_weighted(scores, weights)
    if not len(gamma):
        return AdaptiveEstimate(0, Status.INSUFFICIENT_DATA)
    value = float(h @ gamma / h.sum())
    return _judged(value, h * (gamma - value) / h.sum(), alpha)


def adaptive_effect(
    control: tuple[ArrayLike, ArrayLike | None],
    treatment: tuple[ArrayLike, ArrayLike | None],
    *,
    alpha: float = 0.05,
) -> AdaptiveEstimate:
    """Return treatment − control, each given as scores and weights over the same decisions.

    The variance is Σ of the squared differences of both weighted deviations, decision by
    decision, so that what the two share is counted.
    """
    (gamma_a, h_a), (gamma_b, h_b) = _as_weighted(*control), _as_weighted(*treatment)
    require_same_shape(control=gamma_a, treatment=gamma_b)
    if not len(gamma_a):
        return AdaptiveEstimate(0, Status.INSUFFICIENT_DATA)
    value_a, value_b = float(h_a @ gamma_a / h_a.sum()), float(h_b @ gamma_b / h_b.sum())
    deviations = h_b * (gamma_b - value_b) / h_b.sum() - h_a * (gamma_a - value_a) / h_a.sum()
    return _judged(value_b - value_a, deviations, alpha)


def _judged(value: float, deviations: NDArray[np.float64], alpha: float) -> AdaptiveEstimate:
    """Return the estimate with its error from the decisions' deviations."""
    n, reference = len(deviations), NormalReference(alpha)
    critical = reference.critical_value
    if n < 2:
        return AdaptiveEstimate(n, Status.INSUFFICIENT_DATA, value)
    se = math.sqrt(float(deviations @ deviations))
    if se == 0:
        return AdaptiveEstimate(n, Status.ZERO_VARIANCE, value)
    interval = Interval(value - critical * se, value + critical * se)
    return AdaptiveEstimate(n, Status.OK, value, se, reference.p_value(value / se), interval)


def _as_weighted(
    scores: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    gamma = finite_array("scores", scores)
    h = np.ones_like(gamma) if weights is None else finite_array("weights", weights)
    require_same_shape(scores=gamma, weights=h)
    return gamma, require_between("weights", h, LEAST_PROPENSITY)


def _as_propensities(propensities: ArrayLike) -> NDArray[np.float64]:
    e = finite_array("propensities", propensities)
    return require_between("propensities", e, LEAST_PROPENSITY, 1)


def _as_flags(is_chosen: ArrayLike) -> NDArray[np.float64]:
    flags = finite_array("is_chosen", is_chosen)
    if not np.isin(flags, (0, 1)).all():
        raise InvalidInputError("is_chosen must hold only 0 and 1")
    return flags
