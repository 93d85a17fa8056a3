"""A policy's value from weights alone: inverse propensity, clipped, self-normalised."""

import math

import numpy as np

from analytics.errors import InvalidInputError
from analytics.stats.offpolicy.log import FeedbackLog
from analytics.stats.offpolicy.values import PolicyValue, mean_value, ratio_value
from analytics.stats.results import Status


def ips(log: FeedbackLog, *, alpha: float = 0.05) -> PolicyValue:
    """Return the mean of w·r: unbiased when every action of the target was possible.

    Source: Horvitz & Thompson (1952), JASA 47.

    >>> ips(FeedbackLog.of([1, 0], [0.5, 0.5], [1.0, 0.0])).value
    1.0
    """
    return mean_value("ips", log.weights * log.rewards, clusters=log.units, alpha=alpha)


def clipped_ips(
    log: FeedbackLog, *, max_weight: float | None = None, alpha: float = 0.05
) -> PolicyValue:
    """Return the mean of min(w, M)·r: less variance for a bias towards 0 on good rewards.

    `max_weight` M: √n by default. Source: Ionides (2008), J. Comp. Graph. Stat. 17.
    """
    cap = math.sqrt(log.n) if max_weight is None else require_limit("max weight", max_weight)
    terms = np.minimum(log.weights, cap) * log.rewards
    return mean_value("clipped_ips", terms, clusters=log.units, alpha=alpha)


def snips(log: FeedbackLog, *, alpha: float = 0.05) -> PolicyValue:
    """Return Σ w·r / Σ w with √Σ w²(r − V)² / Σ w; `no_overlap` when every weight is 0.

    Stays within the range of the rewards and does not change when a constant is added
    to them; biased of order 1/n. Source: Swaminathan & Joachims (2015), NeurIPS.
    """
    total = float(log.weights.sum())
    if not log.n:
        return PolicyValue("snips", 0, Status.INSUFFICIENT_DATA)
    if total == 0:
        return PolicyValue("snips", log.n, Status.NO_OVERLAP)
    value = float(log.weights @ log.rewards) / total
    deviations = log.weights * (log.rewards - value) / total
    return ratio_value("snips", value, deviations, clusters=log.units, alpha=alpha)


def require_limit(name: str, value: float) -> float:
    """Return `value`; raises InvalidInputError unless it is positive and finite."""
    if not (value > 0 and math.isfinite(value)):
        raise InvalidInputError(f"{name} must be positive and finite, was {value}")
    return value
