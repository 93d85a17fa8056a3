"""Whether the units arrived as configured: sample ratio mismatch and multiple exposure."""

import math
import operator
from collections.abc import Sequence

from scipy.special import chdtrc

from analytics.errors import InvalidInputError
from analytics.stats.references import require_alpha
from analytics.stats.results import CheckLevel, ExposureCheck, SplitCheck, Status

SRM_THRESHOLD = 0.001  # Fabijan et al. (2019): rare enough that an alarm means a fault
MULTIPLE_WARN, MULTIPLE_BLOCK = 0.001, 0.01  # shares of units seen in several variants


def split_check(
    counts: Sequence[int], weights: Sequence[float], *, threshold: float = SRM_THRESHOLD
) -> SplitCheck:
    """Return Pearson's χ² of units per variant against the configured shares.

    Σ (seen − due)² / due over len(counts) − 1 degrees of freedom. `counts`: units at
    first exposure; `weights`: configured shares on any positive scale. A variant of
    weight 0 must be empty and is left out. Below `threshold` the verdict is blocked.
    Source: Fabijan et al. (2019), Diagnosing Sample Ratio Mismatch, KDD.

    >>> round(split_check([50_421, 49_579], [1, 1]).p_value, 9)
    0.007753082
    """
    require_alpha(threshold)
    counts = as_counts(counts)
    _require_split(counts, weights)
    total = sum(counts)
    expected = tuple(total * weight / math.fsum(weights) for weight in weights)
    parts = [(seen - due) ** 2 / due for seen, due in zip(counts, expected, strict=True) if due > 0]
    df = sum(weight > 0 for weight in weights) - 1
    statistic = math.fsum(parts) if total else None
    return _judged(counts, expected, statistic, df, threshold)


def pool_split_checks(checks: Sequence[SplitCheck]) -> SplitCheck:
    """Return one check over periods with different weights: χ², df and units summed."""
    if len({len(check.counts) for check in checks}) != 1:
        raise InvalidInputError("periods must have the same variants, and there must be one")
    seen = [check for check in checks if check.statistic is not None]
    return _judged(
        tuple(map(sum, zip(*(check.counts for check in checks), strict=True))),
        tuple(map(math.fsum, zip(*(check.expected for check in checks), strict=True))),
        math.fsum(check.statistic or 0.0 for check in seen) if seen else None,
        sum(check.df for check in seen),
        checks[0].threshold,
    )


def exposure_check(
    n_multiple: int, n_units: int, *, weights: Sequence[float] = (1, 1)
) -> ExposureCheck:
    """Return the finding about units that were seen in several variants of one phase.

    `n_units` counts all exposed units, those too. Warns above 0.1 %, blocks above 1 %.
    """
    n_multiple, n_units = as_counts([n_multiple, n_units])
    if not 0 <= n_multiple <= n_units:
        raise InvalidInputError(f"multiple exposures must lie in 0..{n_units}, were {n_multiple}")
    share = n_multiple / n_units if n_units else None
    level = CheckLevel.OK
    if share is not None and share > MULTIPLE_WARN:
        level = CheckLevel.BLOCK if share > MULTIPLE_BLOCK else CheckLevel.WARN
    is_biasing = n_multiple > 0 and len(set(weights)) > 1
    return ExposureCheck(n_multiple, n_units, share, level, is_biasing)


def as_counts(counts: Sequence[int]) -> tuple[int, ...]:
    """Return the counts as Python integers; raises InvalidInputError on fractions and below 0."""
    try:
        exact = tuple(operator.index(count) for count in counts)
    except TypeError as error:
        raise InvalidInputError(f"counts must be integers, were {list(counts)}") from error
    if any(count < 0 for count in exact):
        raise InvalidInputError(f"counts must not be negative, were {list(exact)}")
    return exact


def _judged(
    counts: tuple[int, ...],
    expected: tuple[float, ...],
    statistic: float | None,
    df: int,
    threshold: float,
) -> SplitCheck:
    """Return the check with its p-value and level; without units there is nothing to find."""
    p_value = None if statistic is None else float(chdtrc(df, statistic))
    return SplitCheck(
        counts=counts,
        expected=expected,
        statistic=statistic,
        df=df,
        p_value=p_value,
        threshold=threshold,
        status=Status.INSUFFICIENT_DATA if p_value is None else Status.OK,
        level=CheckLevel.BLOCK if p_value is not None and p_value < threshold else CheckLevel.OK,
    )


def _require_split(counts: Sequence[int], weights: Sequence[float]) -> None:
    """Raise InvalidInputError unless counts and weights describe one split."""
    if len(counts) != len(weights):
        raise InvalidInputError(f"{len(counts)} counts do not match {len(weights)} weights")
    if any(not math.isfinite(weight) or weight < 0 for weight in weights):
        raise InvalidInputError(f"weights must be finite and not negative, were {list(weights)}")
    if sum(weight > 0 for weight in weights) < 2:
        raise InvalidInputError("a split needs two variants of positive weight")
    if any(seen and not weight for seen, weight in zip(counts, weights, strict=True)):
        raise InvalidInputError("a variant of weight 0 holds units")
