"""Whether tests of no effect on real traffic err as often as they claim: A/A re-splits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr
from scipy.stats import kstest

from analytics.errors import InvalidInputError
from analytics.stats.arrays import finite_array, require_between, require_same_shape
from analytics.stats.formats import number, p_value_text, percent
from analytics.stats.references import require_alpha, upper_quantile
from analytics.stats.results import CheckLevel, Interval, Plain, Status
from analytics.stats.validity.findings import Check, Finding

MIN_RUNS = 1000  # fewer re-splits cannot tell 5 % from 7 %
KS_THRESHOLD = 0.01

CAUSES = (
    "rows are not independent: the analysis unit is finer than the unit of randomisation",
    "the metric is so skewed that the normal approximation fails; cap it",
    "the variance formula does not fit the metric: a ratio tested as a mean or share",
    "units appear several times",
)


@dataclass(frozen=True, slots=True)
class CalibrationEvidence(Plain):
    """p-values of tests without effect: are they uniform, and how often below alpha."""

    n_runs: int
    alpha: float
    rejection_rate: float | None
    allowed: Interval | None
    ks_statistic: float | None
    ks_p_value: float | None


def check_calibration(
    p_values: Sequence[float], *, alpha: float = 0.05
) -> Finding[CalibrationEvidence]:
    """Return whether p-values of A/A tests are what they claim to be.

    Kolmogorov–Smirnov against the uniform must give p > 0.01, and the share below
    `alpha` must lie within alpha ± 1.96 √(alpha (1 − alpha) / R). Needs R ≥ 1000
    re-splits of real traffic. Source: Kohavi, Tang & Xu (2020), ch. 19.
    """
    require_alpha(alpha)
    seen = require_between("p-values", finite_array("p-values", p_values), 0, 1)
    if len(seen) < MIN_RUNS:
        return Finding(
            Check.CALIBRATION,
            CheckLevel.OK,
            CalibrationEvidence(len(seen), alpha, None, None, None, None),
            f"{len(seen)} re-splits are too few; {number(MIN_RUNS)} are needed.",
            status=Status.INSUFFICIENT_DATA,
        )
    reach = upper_quantile(0.025) * math.sqrt(alpha * (1 - alpha) / len(seen))
    ks = kstest(seen, "uniform")
    return _finding(
        CalibrationEvidence(
            n_runs=len(seen),
            alpha=alpha,
            rejection_rate=float(np.mean(seen < alpha)),
            allowed=Interval(alpha - reach, alpha + reach),
            ks_statistic=float(ks.statistic),
            ks_p_value=float(ks.pvalue),
        )
    )


def resplit_p_values(
    y: ArrayLike,
    *,
    x: ArrayLike | None = None,
    share: float = 0.5,
    n_runs: int = MIN_RUNS,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the p-values of Welch's test over random re-splits of the same units.

    `y`: one value per unit, shape (n_units,); with `x`, the ratio Σy/Σx is tested by
    the delta method instead. `share`: of the units in the treatment. Needs two units
    on each side. A re-split in which nothing varies gives p = 1: it shows no difference.
    """
    values = finite_array("y", y)
    bottoms = np.ones_like(values) if x is None else finite_array("x", x)
    require_same_shape(y=values, x=bottoms)
    n_treated = round(len(values) * share) if 0 < share < 1 else 0
    if n_treated < 2 or len(values) - n_treated < 2:
        raise InvalidInputError(f"share {share} of {len(values)} units leaves a side below two")
    if n_runs < 1:
        raise InvalidInputError(f"runs must be positive, were {n_runs}")
    return np.array(
        [_p_value(values, bottoms, rng.permutation(len(values)), n_treated) for _ in range(n_runs)]
    )


def _p_value(
    y: NDArray[np.float64], x: NDArray[np.float64], order: NDArray[np.intp], n_treated: int
) -> float:
    """Return the p-value of one re-split; a mean is the ratio over ones."""
    sides = [_linearised(y[part], x[part]) for part in (order[:n_treated], order[n_treated:])]
    (value_b, variance_b, n_b), (value_a, variance_a, n_a) = sides
    total = variance_a + variance_b
    if total == 0:
        return 1.0
    shares = (variance_a / total, variance_b / total)
    df = 1 / (shares[0] ** 2 / (n_a - 1) + shares[1] ** 2 / (n_b - 1))
    return 2 * float(stdtr(df, -abs(value_b - value_a) / math.sqrt(total)))


def _linearised(y: NDArray[np.float64], x: NDArray[np.float64]) -> tuple[float, float, int]:
    """Return ratio, its variance and the units, by var(y − R·x) / (n·x̄²)."""
    mean_x = float(x.mean())
    if mean_x == 0:
        return 0.0, 0.0, len(y)
    ratio = float(y.mean()) / mean_x
    return ratio, float(np.var(y - ratio * x, ddof=1)) / (len(y) * mean_x**2), len(y)


def _finding(evidence: CalibrationEvidence) -> Finding[CalibrationEvidence]:
    assert evidence.rejection_rate is not None
    assert evidence.allowed is not None
    assert evidence.ks_p_value is not None
    is_uniform = evidence.ks_p_value > KS_THRESHOLD
    is_expected = evidence.allowed.low <= evidence.rejection_rate <= evidence.allowed.high
    odds = (
        f"{percent(evidence.rejection_rate)} below {evidence.alpha:g},"
        f" uniformity p {p_value_text(evidence.ks_p_value)}"
    )
    if is_uniform and is_expected:
        return Finding(
            Check.CALIBRATION, CheckLevel.OK, evidence, f"Tests without effect err as due ({odds})."
        )
    # Erring too seldom costs power, too often costs the truth of every verdict.
    is_false = evidence.rejection_rate > evidence.allowed.high
    return Finding(
        Check.CALIBRATION,
        CheckLevel.BLOCK if is_false else CheckLevel.WARN,
        evidence,
        f"Tests without effect do not err as due ({odds}).",
        CAUSES,
        "Do not trust p-values of this metric until its unit, cap or variance is mended.",
    )
