"""What is shown by default: two estimates and the overlap; bootstrapped where weights are few."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics.errors import InvalidInputError
from analytics.stats.offpolicy.diagnostics import MIN_ESS, Overlap, check_overlap
from analytics.stats.offpolicy.doubly_robust import doubly_robust
from analytics.stats.offpolicy.estimators import snips
from analytics.stats.offpolicy.log import FeedbackLog
from analytics.stats.offpolicy.values import PolicyValue
from analytics.stats.references import require_alpha
from analytics.stats.results import Interval, Plain, Status
from analytics.stats.validity.findings import Finding

N_BOOTSTRAP = 999  # resamples: the ends of a 95 % interval are the 25th from either side
MIN_BOOTSTRAP = 200


@dataclass(frozen=True, slots=True)
class PolicyReport(Plain):
    """Self-normalised and, with predictions, doubly robust value; and whether to read them."""

    snips: PolicyValue
    dr: PolicyValue | None
    overlap: Finding[Overlap]


def evaluate_policy(
    log: FeedbackLog,
    *,
    rng: np.random.Generator,
    unsupported: float | None = None,
    alpha: float = 0.05,
    n_bootstrap: int = N_BOOTSTRAP,
) -> PolicyReport:
    """Return the default report of a policy; it helps to choose, an A/B test decides.

    Normal intervals; bootstrap over units where the effective sample is below 1000.
    """
    overlap = check_overlap(log.weights, unsupported=unsupported)
    estimators = [snips] if log.predicted is None else [snips, doubly_robust]
    values = [estimate(log, alpha=alpha) for estimate in estimators]
    if overlap.evidence.ess is not None and overlap.evidence.ess < MIN_ESS:
        values = [
            _with_bootstrap(value, estimate, log, rng, alpha, n_bootstrap)
            for value, estimate in zip(values, estimators, strict=True)
        ]
    return PolicyReport(values[0], values[1] if len(values) > 1 else None, overlap)


def bootstrap_interval(
    estimate: Callable[[FeedbackLog], PolicyValue],
    log: FeedbackLog,
    *,
    rng: np.random.Generator,
    alpha: float = 0.05,
    n_bootstrap: int = N_BOOTSTRAP,
) -> Interval | None:
    """Return the percentile interval over resampled units, or rows when the log names none.

    Resamples without any overlap are drawn but have no value; when they are more than
    `alpha` of all, no interval holds: None, as for fewer than two units. Source: Efron &
    Tibshirani (1993), ch. 13.
    """
    require_alpha(alpha)
    if n_bootstrap < MIN_BOOTSTRAP:
        raise InvalidInputError(f"at least {MIN_BOOTSTRAP} resamples, were {n_bootstrap}")
    groups = _rows_by_unit(log)
    if len(groups) < 2:
        return None
    values = [estimate(log.take(_resampled(groups, rng))).value for _ in range(n_bootstrap)]
    known = [value for value in values if value is not None]
    if len(known) < (1 - alpha) * n_bootstrap:
        return None
    low, high = np.quantile(known, [alpha / 2, 1 - alpha / 2])
    return Interval(float(low), float(high))


def _with_bootstrap(
    value: PolicyValue,
    estimate: Callable[..., PolicyValue],
    log: FeedbackLog,
    rng: np.random.Generator,
    alpha: float,
    n_bootstrap: int,
) -> PolicyValue:
    """Return the value with the bootstrap's interval in place of the normal one."""
    if value.status is not Status.OK:
        return value
    interval = bootstrap_interval(estimate, log, rng=rng, alpha=alpha, n_bootstrap=n_bootstrap)
    return replace(value, interval=interval)


def _rows_by_unit(log: FeedbackLog) -> list[NDArray[np.intp]]:
    if log.units is None:
        return list(np.arange(log.n)[:, None])
    _, codes = np.unique(log.units, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if log.n else []


def _resampled(groups: list[NDArray[np.intp]], rng: np.random.Generator) -> NDArray[np.intp]:
    return np.concatenate([groups[i] for i in rng.integers(len(groups), size=len(groups))])
