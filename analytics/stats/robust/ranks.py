"""Mann–Whitney: a diagnostic of order, never of means, and never part of a verdict."""

import math
from dataclasses import dataclass

import numpy as np

from analytics.stats.references import upper_tail
from analytics.stats.results import Plain, Status
from analytics.stats.value_counts import ValueCounts


@dataclass(frozen=True, slots=True)
class RankDiagnostic(Plain):
    """P(B > A) + ½ P(B = A), 0.5 when neither tends to be larger, with U of the treatment."""

    status: Status
    probability: float | None = None
    u: float | None = None
    statistic: float | None = None
    p_value: float | None = None


def mann_whitney(control: ValueCounts, treatment: ValueCounts) -> RankDiagnostic:
    """Return the rank test of P(B > A) + ½ P(tie) = ½, normal with ties and continuity.

    It does not test equality of means; with 97 % zeros it mainly repeats the conversion
    test. U_B = Σ over pairs [b > a] + ½ [b = a]; variance n_A·n_B/12·(N + 1 − Σ(t³ − t) /
    (N(N − 1))). Status `insufficient_data` where a variant is empty, `zero_variance` where
    all values are equal. Source: Mann & Whitney (1947), Ann. Math. Stat. 18.
    """
    n_a, n_b = control.n, treatment.n
    if not (n_a and n_b):
        return RankDiagnostic(Status.INSUFFICIENT_DATA)
    u = _u(control, treatment)
    probability = u / n_a / n_b
    ties = (control + treatment).counts.astype(np.float64)
    n = n_a + n_b
    lost = float((ties**3 - ties).sum()) / (n * (n - 1))
    variance = n_a / 12 * n_b * (n + 1 - lost)
    if len(ties) == 1 or variance <= 0:
        return RankDiagnostic(Status.ZERO_VARIANCE, probability, u)
    # Half a step of U: it moves in steps, the normal does not.
    gap = u - n_a * n_b / 2
    statistic = math.copysign(max(0.0, abs(gap) - 0.5), gap) / math.sqrt(variance)
    p_value = min(1.0, 2 * upper_tail(abs(statistic)))
    return RankDiagnostic(Status.OK, probability, u, statistic, p_value)


def _u(control: ValueCounts, treatment: ValueCounts) -> float:
    """Return the pairs that the treatment wins, ties counting half."""
    cumulative = np.concatenate([[0], np.cumsum(control.counts)])
    below = cumulative[np.searchsorted(control.values, treatment.values, side="left")]
    at_most = cumulative[np.searchsorted(control.values, treatment.values, side="right")]
    return float((below + at_most).astype(np.float64) @ treatment.counts / 2)
