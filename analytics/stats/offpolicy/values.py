"""The value of a policy with its error: what every estimator hands back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.errors import InvalidInputError
from analytics.stats.references import NormalReference
from analytics.stats.results import Interval, Plain, Status

Clusters = Sequence[object] | NDArray[np.generic] | None


@dataclass(frozen=True, slots=True)
class PolicyValue(Plain):
    """Mean reward a policy would have had, in the unit of the reward; never ground to ship.

    `se`, `interval`: None where the error is undefined; `status` says why.
    """

    method: str
    n: int
    status: Status
    value: float | None = None
    se: float | None = None
    interval: Interval | None = None


def mean_value(
    method: str, terms: NDArray[np.float64], *, clusters: Clusters = None, alpha: float = 0.05
) -> PolicyValue:
    """Return the mean of the terms with sd / √n; by cluster sums when units repeat.

    Clustered: √(m/(m − 1) Σ_g (Σ_{i∈g} (term_i − mean))²) / n over m units.
    """
    n = len(terms)
    if not n:
        return PolicyValue(method, 0, Status.INSUFFICIENT_DATA)
    value = float(terms.mean())
    sums = cluster_sums(terms - value, clusters)
    m = len(sums)
    if m < 2:
        return PolicyValue(method, n, Status.INSUFFICIENT_DATA, value)
    return _judged(method, n, value, math.sqrt(m / (m - 1) * float(sums @ sums)) / n, alpha)


def ratio_value(
    method: str,
    value: float,
    deviations: NDArray[np.float64],
    *,
    clusters: Clusters = None,
    alpha: float = 0.05,
) -> PolicyValue:
    """Return a ratio estimate with √Σ deviation², deviations already over the denominator."""
    sums = cluster_sums(deviations, clusters)
    n = len(deviations)
    if len(sums) < 2:
        return PolicyValue(method, n, Status.INSUFFICIENT_DATA, value)
    return _judged(method, n, value, math.sqrt(float(sums @ sums)), alpha)


def cluster_sums(values: NDArray[np.float64], clusters: Clusters) -> NDArray[np.float64]:
    """Return the sum of `values` per cluster, in no particular order; None keeps every row.

    >>> cluster_sums(np.array([1.0, 2.0, 4.0]), ["u1", "u2", "u1"])
    array([5., 2.])
    """
    if clusters is None:
        return values
    if len(clusters) != len(values):
        raise InvalidInputError(f"{len(clusters)} cluster ids do not match {len(values)} rows")
    _, codes = np.unique(np.asarray(clusters), return_inverse=True)
    return np.asarray(np.bincount(codes, weights=values), dtype=np.float64)


def _judged(method: str, n: int, value: float, se: float, alpha: float) -> PolicyValue:
    reach = NormalReference(alpha).critical_value * se
    if se == 0:
        return PolicyValue(method, n, Status.ZERO_VARIANCE, value)
    return PolicyValue(method, n, Status.OK, value, se, Interval(value - reach, value + reach))
