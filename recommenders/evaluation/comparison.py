"""Is one recommender better than another? Judged on the same units, pair by pair."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from recommenders.errors import EvaluationError

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidate minus baseline: the mean difference per unit, its interval, and the chance of it.

    `p`: two-sided, the probability of a difference at least this large were there none.
    """

    difference: float
    low: float
    high: float
    p: float
    n_units: int

    @property
    def is_better(self) -> bool:
        """Return whether the whole interval lies above zero."""
        return self.low > 0

    @property
    def is_worse(self) -> bool:
        """Return whether the whole interval lies below zero."""
        return self.high < 0


def compare(
    candidate: NDArray[np.float64],
    baseline: NDArray[np.float64],
    *,
    confidence: float = CONFIDENCE,
) -> Comparison:
    """Return how much better the candidate is, by Student's t on the units' differences.

    `candidate`, `baseline`: one metric's value of each unit, both in the same order of units.
    Raises EvaluationError for fewer than two units, other lengths, or values that are not finite.
    Source: Smucker, Allan, Carterette (2007), A comparison of statistical significance tests for
    information retrieval evaluation, CIKM: t, bootstrap and permutation agree; Wilcoxon and the
    sign test do not.
    """
    gains = _differences(candidate, baseline)
    n, mean = len(gains), float(gains.mean())
    error = float(gains.std(ddof=1)) / n**0.5
    reach = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * error
    # All units differing alike leave nothing to chance; not differing at all leaves everything.
    if error <= abs(mean) * 1e-12:
        p = 1.0 if mean == 0 else 0.0
    else:
        p = float(2 * stats.t.sf(abs(mean) / error, n - 1))
    return Comparison(mean, mean - reach, mean + reach, p, n)


def _differences(
    candidate: NDArray[np.float64], baseline: NDArray[np.float64]
) -> NDArray[np.float64]:
    if candidate.shape != baseline.shape or candidate.ndim != 1:
        raise EvaluationError(
            f"values of the same units are compared; got {candidate.shape} and {baseline.shape}"
        )
    if len(candidate) < 2:
        raise EvaluationError(f"two units are needed to compare; there are {len(candidate)}")
    gains = np.asarray(candidate, np.float64) - np.asarray(baseline, np.float64)
    if not np.isfinite(gains).all():
        raise EvaluationError("a value that is not a number cannot be compared")
    return gains


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for how many there are, in the order given, each at most 1.

    The smallest is multiplied by their number, the next by one less, and none falls below one
    before it: the chance of any false finding among them stays below the level.
    Source: Holm (1979), A simple sequentially rejective multiple test procedure.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    scaled = np.asarray(p_values, np.float64)[order] * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return corrected.tolist()
