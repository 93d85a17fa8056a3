"""Units without history: kept, with a covariate of 0 and an indicator that says so."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from analytics.errors import InvalidInputError
from analytics.stats.columns import Floats, finite_array
from analytics.stats.results import Plain, Status, WarningCode
from analytics.stats.samples import Sample

DIFFERS_BELOW = 0.001  # p-value: the check runs for every metric, an alarm must stay rare


@dataclass(frozen=True, slots=True)
class HistoryCheck(Plain):
    """Share of units without history per variant, and whether chance explains its spread."""

    missing: tuple[int, ...]
    shares: tuple[float | None, ...]
    p_value: float | None
    status: Status
    warnings: tuple[WarningCode, ...]


def filled_history(x: ArrayLike) -> tuple[Floats, Floats]:
    """Return the covariate with NaN set to 0, and an indicator that is 1 there.

    Both go into CUPED as covariates; no unit is dropped. NaN is the one way to say
    missing; infinity raises InvalidInputError.

    >>> [column.tolist() for column in filled_history([2.0, float("nan")])]
    [[2.0, 0.0], [0.0, 1.0]]
    """
    try:
        values = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"x must be numbers: {error}") from error
    is_missing = np.isnan(values)
    return finite_array("x", np.where(is_missing, 0.0, values)), is_missing.astype(np.float64)


def history_check(samples: Sequence[Sample], *, indicator: str) -> HistoryCheck:
    """Return whether the share of units without history differs between variants.

    Pearson's χ² of missing and present over variants, df = variants − 1; warns below
    0.001, for then exposure and history are linked. `indicator`: the column that is 1
    for a unit without history. Raises InvalidInputError on an indicator that is no share.
    """
    seen = [sample for sample in samples if sample.n]
    missing = tuple(_missing(sample, indicator) for sample in samples)
    shares = tuple(
        count / sample.n if sample.n else None
        for count, sample in zip(missing, samples, strict=True)
    )
    total, n = sum(missing), sum(sample.n for sample in samples)
    if len(seen) < 2:
        return HistoryCheck(missing, shares, None, Status.INSUFFICIENT_DATA, ())
    if total in (0, n):
        return HistoryCheck(missing, shares, None, Status.ZERO_VARIANCE, ())
    share = total / n
    statistic = sum(
        (_missing(sample, indicator) - sample.n * share) ** 2 / (sample.n * share * (1 - share))
        for sample in seen
    )
    p_value = float(chdtrc(len(seen) - 1, statistic))
    warnings = (WarningCode.MISSING_HISTORY,) if p_value < DIFFERS_BELOW else ()
    return HistoryCheck(missing, shares, p_value, Status.OK, warnings)


def _missing(sample: Sample, indicator: str) -> int:
    """Return the units of a sample without history, from the mean of the indicator."""
    share = sample.mean(indicator) or 0.0
    if not 0 <= share <= 1:
        raise InvalidInputError(f"an indicator holds zeros and ones, its mean was {share}")
    return round(share * sample.n)
