"""Whether tests of splits that changed nothing err as often as they claim, over many such tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.stats import binomtest, kstest

from analytics.errors import InvalidInputError
from analytics.stats.arrays import finite_array, require_between
from analytics.stats.references import require_alpha
from analytics.stats.results import Interval, Plain

LEAST_RUNS = 20  # fewer tests say nothing of how often they err
FAMILY = 0.01  # chance that any of all metrics is called off where none is
BINS = 20
CONFIDENCE = 0.95


class Erring(StrEnum):
    """How often tests without effect find one, against what they claim."""

    AS_DUE = "as_due"
    TOO_OFTEN = "too_often"
    TOO_SELDOM = "too_seldom"
    UNEVEN = "uneven"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReplayEvidence(Plain):
    """How often tests without effect found one, and how their p-values are spread.

    `interval`: of `rate`, exact binomial at 95 %. `rate_p`: the chance of a rate at least this far
    from alpha. `ks_statistic`, `ks_p`: Kolmogorov–Smirnov of single looks against the uniform.
    `histogram`: the single looks in `BINS` equal bins of [0, 1].
    """

    n_runs: int
    alpha: float
    n_false: int
    rate: float | None
    interval: Interval | None
    rate_p: float | None
    ks_statistic: float | None
    ks_p: float | None
    histogram: tuple[int, ...]
    erring: Erring


def judge_replays(
    p_values: Sequence[float],
    single_looks: Sequence[float],
    *,
    alpha: float,
    is_exact: bool,
    n_tests: int = 1,
) -> ReplayEvidence:
    """Return whether p-values of splits without effect are what they claim to be.

    `p_values`: as they decide; below `alpha` they are false claims. `is_exact`: they should fall
    below as often as alpha says (a fixed horizon), not merely at most so often (always valid).
    `single_looks`: of the same estimates, each looked at once; these should be uniform. Each of
    `n_tests` metrics is called off at 0.01 / n_tests. Splits of given units are independent of
    each other, so the binomial holds. Source: Kohavi, Tang & Xu (2020), ch. 19.
    """
    require_alpha(alpha)
    if not n_tests >= 1:
        raise InvalidInputError(f"tests must be positive, were {n_tests}")
    decided = _shares("p-values", p_values)
    looks = _shares("single looks", single_looks)
    bins = np.histogram(looks, bins=BINS, range=(0, 1))[0]
    histogram = tuple(int(count) for count in bins)
    n_false = int((decided < alpha).sum())
    if len(decided) < LEAST_RUNS or len(looks) < LEAST_RUNS:
        return ReplayEvidence(
            len(decided), alpha, n_false, None, None, None, None, None, histogram, Erring.UNKNOWN
        )
    tested = binomtest(n_false, len(decided), alpha, "two-sided" if is_exact else "greater")
    ends = binomtest(n_false, len(decided)).proportion_ci(CONFIDENCE, "exact")
    spread = kstest(looks, "uniform")
    return ReplayEvidence(
        n_runs=len(decided),
        alpha=alpha,
        n_false=n_false,
        rate=n_false / len(decided),
        interval=Interval(float(ends.low), float(ends.high)),
        rate_p=float(tested.pvalue),
        ks_statistic=float(spread.statistic),
        ks_p=float(spread.pvalue),
        histogram=histogram,
        erring=_erring(
            n_false / len(decided), alpha, float(tested.pvalue), float(spread.pvalue), n_tests
        ),
    )


def _erring(rate: float, alpha: float, rate_p: float, ks_p: float, n_tests: int) -> Erring:
    """Return the verdict; each of the two tests has half of what a metric may be called off by."""
    limit = FAMILY / n_tests / 2
    if rate_p < limit:
        return Erring.TOO_OFTEN if rate > alpha else Erring.TOO_SELDOM
    return Erring.UNEVEN if ks_p < limit else Erring.AS_DUE


@dataclass(frozen=True, slots=True)
class AlarmEvidence(Plain):
    """How many splits were called broken, where each may be with the probability `due`.

    `p_value`: the chance of at least so many. `is_off`: more than chance allows.
    """

    n_runs: int
    n_alarms: int
    due: float
    interval: Interval | None
    p_value: float | None
    is_off: bool


def judge_alarms(n_alarms: int, n_runs: int, *, due: float) -> AlarmEvidence:
    """Return whether splits that are as configured were called broken more often than is due.

    Raises InvalidInputError on more alarms than runs.
    """
    require_alpha(due)
    if not 0 <= n_alarms <= n_runs:
        raise InvalidInputError(f"alarms must lie in 0..{n_runs}, were {n_alarms}")
    if n_runs == 0:
        return AlarmEvidence(0, 0, due, None, None, False)
    tested = binomtest(n_alarms, n_runs, due, "greater")
    ends = binomtest(n_alarms, n_runs).proportion_ci(CONFIDENCE, "exact")
    p_value = float(tested.pvalue)
    ranged = Interval(float(ends.low), float(ends.high))
    return AlarmEvidence(n_runs, n_alarms, due, ranged, p_value, p_value < FAMILY)


def _shares(name: str, values: Sequence[float]) -> np.ndarray:
    return require_between(name, finite_array(name, values), 0, 1)
