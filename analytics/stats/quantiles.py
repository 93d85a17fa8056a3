"""Quantiles of a metric, one value per unit or several, with intervals from order statistics."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import InvalidInputError
from analytics.stats.columns import finite_array, require_same_length
from analytics.stats.compare import compare_estimates
from analytics.stats.moments import Moments
from analytics.stats.ratios import ratio_estimate
from analytics.stats.references import require_alpha, upper_quantile
from analytics.stats.results import (
    Comparison,
    Estimate,
    Interval,
    Kind,
    Monitoring,
    Plain,
    Status,
)
from analytics.stats.value_counts import ValueCounts

FEWEST_BEYOND = 50  # observations on the thinner side of the quantile


@dataclass(frozen=True, slots=True)
class QuantileEstimate(Plain):
    """One variant's quantile: `estimate.n` counts units, `ranks` and `n_values` observations.

    `deff`: how much less the observations say than as many independent ones, 1 for one
    per unit. `interval` is the order-statistic one at the given alpha.
    """

    q: float
    status: Status
    estimate: Estimate
    n_values: int
    deff: float | None = None
    ranks: tuple[int, int] | None = None
    interval: Interval | None = None


def quantile_ranks(n: int, q: float, *, alpha: float = 0.05, deff: float = 1.0) -> tuple[int, int]:
    """Return the ranks, from 1, of the outer order-statistic interval.

    l = ⌊nq − h⌋, u = ⌈nq + h⌉ + 1, h = z·√(deff·nq(1−q)), kept within [1, n].

    >>> quantile_ranks(1000, 0.9), quantile_ranks(200, 0.5)
    ((881, 920), (86, 115))
    """
    _require_q(q)
    if n < 1 or not 0 <= deff < math.inf:
        raise InvalidInputError(f"n must be positive and deff finite, were {n} and {deff}")
    reach = upper_quantile(require_alpha(alpha) / 2) * math.sqrt(deff * n * q * (1 - q))
    low, high = math.floor(n * q - reach), math.ceil(n * q + reach) + 1
    return min(max(low, 1), n), min(max(high, 1), n)


def design_effect(shares: Moments, q: float) -> float | None:
    """Return Var(F) of the share F at or below the quantile, over q(1 − q) / N.

    `shares`: per unit y, how many of its values are at or below the quantile, and x, how
    many it has. F = Σy / Σx is a ratio over units. None below two units or without
    values. Source: Deng, Knoblich & Lu (2018), KDD, percentile metrics.
    """
    variance = ratio_estimate(shares).variance
    return None if variance is None else variance / (_require_q(q) * (1 - q) / shares.sum_x)


def share_moments(units: ArrayLike, values: ArrayLike, *, cut: float, n_units: int) -> Moments:
    """Return the per-unit moments that `design_effect` needs, at a value `cut`.

    `units`: the position 0 … n_units − 1 of the unit of every value; units without values
    stay in n with (0, 0).
    """
    places, observed = np.asarray(units), finite_array("values", values)
    require_same_length([places, observed])
    if len(places) and places.dtype.kind not in "iu":
        raise InvalidInputError("units must be positions, integers from 0")
    places = places.astype(np.int64)
    if ((places < 0) | (places >= n_units)).any():
        raise InvalidInputError(f"units must lie in 0..{n_units - 1}")
    below = np.bincount(places[observed <= cut], minlength=n_units)
    present = np.bincount(places, minlength=n_units)
    return Moments.from_values(below.tolist(), present.tolist())


def quantile_estimate(
    values: ValueCounts, q: float, *, shares: Moments | None = None, alpha: float = 0.05
) -> QuantileEstimate:
    """Return the quantile (type 7), its error (x_(u) − x_(l)) / 2z and its interval.

    Give `shares` at the quantile (`share_moments`) when units have several values: the
    ranks then reach √deff further. Status `insufficient_data` below 50 (effective) values
    on the thinner side, with the value alone; `zero_variance` where x_(l) = x_(u). Raises
    InvalidInputError on q outside (0, 1) and shares that count other values.
    """
    _require_q(q)
    n = values.n
    if shares is not None and shares.sum_x != n:
        raise InvalidInputError(f"shares count {shares.sum_x} values, there are {n}")
    n_units = n if shares is None else shares.n
    deff = 1.0 if shares is None else design_effect(shares, q)
    point = values.quantile(q)
    blank = QuantileEstimate(q, Status.INSUFFICIENT_DATA, Estimate(n_units, point, None), n, deff)
    if deff is None or n_units < 2 or n / max(1.0, deff) * min(q, 1 - q) < FEWEST_BEYOND:
        return blank
    ranks = quantile_ranks(n, q, alpha=alpha, deff=deff)
    low, high = (values.at_rank(rank) for rank in ranks)
    if low == high:
        still = Estimate(n_units, point, 0.0)
        return replace(blank, status=Status.ZERO_VARIANCE, estimate=still, ranks=ranks)
    se = (high - low) / (2 * upper_quantile(alpha / 2))
    return replace(
        blank,
        status=Status.OK,
        estimate=Estimate(n_units, point, se * se),
        ranks=ranks,
        interval=Interval(low, high),
    )


def compare_quantiles(
    control: QuantileEstimate,
    treatment: QuantileEstimate,
    *,
    monitoring: Monitoring = Monitoring.ALWAYS_VALID,
    alpha: float = 0.05,
    planned_n: int | None = None,
) -> Comparison:
    """Return the difference of two quantiles: normal, se² = se²_A + se²_B; lift by Fieller.

    A variant whose error is unknown (too few values, ties around its quantile) passes its
    status on; else statuses as `compare_estimates`. Raises InvalidInputError unless both
    are of the same q.
    """
    if control.q != treatment.q:
        raise InvalidInputError(f"cannot compare quantiles {control.q} and {treatment.q}")
    estimates = [_testable(each) for each in (control, treatment)]
    found = compare_estimates(
        Kind.QUANTILE, *estimates, monitoring=monitoring, alpha=alpha, planned_n=planned_n
    )
    worst = _worst([control.status, treatment.status])
    if worst is Status.OK or found.status is Status.INSUFFICIENT_DATA:
        return replace(found, control=control.estimate, treatment=treatment.estimate)
    return _untested(found, control.estimate, treatment.estimate, worst)


def _untested(
    found: Comparison, control: Estimate, treatment: Estimate, status: Status
) -> Comparison:
    """Return the comparison without a test; with ties the difference is still given."""
    is_known = status is Status.ZERO_VARIANCE
    effect = (treatment.value or 0.0) - (control.value or 0.0)
    return Comparison(
        kind=found.kind,
        monitoring=found.monitoring,
        alpha=found.alpha,
        planned_n=found.planned_n,
        control=control,
        treatment=treatment,
        status=status,
        lift_status=status,
        effect=effect if is_known else None,
    )


def _testable(quantile: QuantileEstimate) -> Estimate:
    """Return the estimate, with no spread where its error is unknown, to pass the checks."""
    estimate = quantile.estimate
    if estimate.value is None or estimate.variance is not None:
        return estimate
    return replace(estimate, variance=0.0)


def _worst(statuses: Sequence[Status]) -> Status:
    for status in (Status.INSUFFICIENT_DATA, Status.ZERO_VARIANCE):
        if status in statuses:
            return status
    return Status.OK


def _require_q(q: float) -> float:
    """Return q; raises InvalidInputError unless it lies strictly between 0 and 1."""
    if not 0 < q < 1:
        raise InvalidInputError(f"q must lie in (0, 1), was {q}")
    return q
