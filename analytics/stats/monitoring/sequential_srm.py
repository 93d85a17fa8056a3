"""Sample ratio mismatch that may be watched at every look."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import gammaln

from analytics.errors import InvalidInputError
from analytics.stats.references import require_alpha
from analytics.stats.results import CheckLevel, Plain
from analytics.stats.srm import SRM_THRESHOLD, split_check

CONCENTRATION = 1000.0  # prior units: finds a split 51/49 within some 40 000 units
SERIES_FROM = 20.0  # from here four terms of Stirling's series are exact in double precision


@dataclass(frozen=True, slots=True)
class SequentialSplit(Plain):
    """The evidence so far against the configured split.

    `log_evidence` is ln B of these counts; `peak_log_evidence` the largest over the
    looks, on which the p-value rests.
    """

    counts: tuple[int, ...]
    log_evidence: float
    peak_log_evidence: float
    p_value: float
    threshold: float
    level: CheckLevel


def log_split_evidence(
    counts: Sequence[int], weights: Sequence[float], *, concentration: float = CONCENTRATION
) -> float:
    """Return ln B, Dirichlet–multinomial against the configured shares.

    lnΓ(κ) − lnΓ(κ+n) + Σ[lnΓ(κπ+n_i) − lnΓ(κπ)] − Σ n_i ln π, κ = `concentration`.
    `counts`: units per variant at first exposure; `weights`: shares on any scale; a
    variant of weight 0 must be empty. Exact to 1e-9 at 10¹² units. Source: Lindon &
    Malek (2022), NeurIPS.

    >>> round(log_split_evidence([50_421, 49_579], [1, 1], concentration=100), 9)
    0.084481011
    """
    checked = split_check(counts, weights)  # refuses what is no split
    if not (math.isfinite(concentration) and concentration > 0):
        raise InvalidInputError(f"concentration must be positive, was {concentration}")
    total = math.fsum(weights)
    pairs = [
        (seen, weight / total)
        for seen, weight in zip(checked.counts, weights, strict=True)
        if weight
    ]
    n = sum(checked.counts)
    return _divergence(pairs, n, concentration) + _corrections(pairs, n, concentration)


def sequential_split(
    counts: Sequence[int],
    weights: Sequence[float],
    *,
    peak_log_evidence: float = 0.0,
    concentration: float = CONCENTRATION,
    threshold: float = SRM_THRESHOLD,
) -> SequentialSplit:
    """Return the check at this look; p = 1 / max B, blocked at or below `threshold`.

    `peak_log_evidence`: the peak of the look before (0 at the first), so that an alarm
    once raised stays. False alarms over all looks together stay below `threshold`.
    """
    require_alpha(threshold)
    evidence = log_split_evidence(counts, weights, concentration=concentration)
    if not math.isfinite(peak_log_evidence):
        raise InvalidInputError(f"peak must be finite, was {peak_log_evidence}")
    peak = max(evidence, peak_log_evidence, 0.0)
    p_value = math.exp(-peak)
    level = CheckLevel.BLOCK if p_value <= threshold else CheckLevel.OK
    return SequentialSplit(tuple(map(int, counts)), evidence, peak, p_value, threshold, level)


def _divergence(pairs: Sequence[tuple[int, float]], n: int, kappa: float) -> float:
    """Return Σ A ln(A / due), A = κπ + n_i and due = (κ+n)π, free of cancellation."""
    parts = []
    for seen, share in pairs:
        due = (kappa + n) * share
        off = (seen - n * share) / due
        parts.append(due * ((1 + off) * math.log1p(off) - off))
    return math.fsum(parts)


def _corrections(pairs: Sequence[tuple[int, float]], n: int, kappa: float) -> float:
    """Return the rest of ln B: lnΓ(x) = x ln x − x + c(x), and the c alone remain small."""
    grown = math.fsum(_c(kappa * share + seen) for seen, share in pairs) - _c(kappa + n)
    prior = math.fsum(_c(kappa * share) for _, share in pairs) - _c(kappa)
    return grown - prior


def _c(x: float) -> float:
    """Return lnΓ(x) − x ln x + x."""
    if x < SERIES_FROM:
        return float(gammaln(x)) - x * math.log(x) + x
    inverse = 1 / x
    series = inverse / 12 - inverse**3 / 360 + inverse**5 / 1260 - inverse**7 / 1680
    return (math.log(2 * math.pi) - math.log(x)) / 2 + series
