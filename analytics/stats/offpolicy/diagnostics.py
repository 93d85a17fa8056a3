"""Whether a log can carry an estimate for another policy: always shown beside it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.stats.arrays import finite_array, require_between, require_same_shape
from analytics.stats.formats import number, percent
from analytics.stats.results import CheckLevel, Plain, Status, WarningCode
from analytics.stats.validity.findings import Check, Finding, worst_level

MIN_ESS, MIN_ESS_SHARE = 1000, 0.01
MAX_SHARE = 0.05  # of one row in the sum of weights
MEAN_REACH = 3  # standard errors that the mean weight may be away from 1
ROUNDING = 1e-3  # that it may be in any case: propensities are logged to a few digits
SUM_TOLERANCE = 1e-6  # of the propensities of one context


@dataclass(frozen=True, slots=True)
class Overlap(Plain):
    """How the weights w = π / μ are spread; None where there is no weight.

    `ess`: (Σw)² / Σw², the rows that an even log would have needed. `max_share`: of the
    heaviest row in Σw. `unsupported`: mass of π on actions that the log never shows.
    `worst_sum_error`: of the logged propensities of one context, against 1.
    """

    n: int
    ess: float | None
    ess_share: float | None
    max_weight: float | None
    max_share: float | None
    mean_weight: float | None
    mean_weight_se: float | None
    unsupported: float | None
    worst_sum_error: float | None


def overlap_of(
    weights: ArrayLike,
    *,
    unsupported: float | None = None,
    propensity_sums: ArrayLike | None = None,
) -> Overlap:
    """Return the spread of the weights.

    `unsupported`: see `unsupported_mass`. `propensity_sums`: Σ_a μ(a|x) of each context.
    Raises InvalidInputError on a weight below 0. Source for ESS: Kong (1992).
    """
    w = require_between("weights", finite_array("weights", weights), 0)
    if unsupported is not None:
        require_between("unsupported", finite_array("unsupported", [unsupported]), 0, 1 + 1e-9)
    n, total = len(w), float(w.sum())
    sum_error = None
    if propensity_sums is not None:
        sums = finite_array("propensity sums", propensity_sums)
        sum_error = float(np.abs(sums - 1).max()) if len(sums) else None
    # Relative to the heaviest, so that no square overflows.
    scaled = w / w.max() if total else w
    ess = float(scaled.sum() ** 2 / (scaled @ scaled)) if total else None
    return Overlap(
        n=n,
        ess=ess,
        ess_share=None if ess is None else ess / n,
        max_weight=float(w.max()) if n else None,
        max_share=float(w.max()) / total if total else None,
        mean_weight=total / n if n else None,
        mean_weight_se=float(w.std(ddof=1)) / math.sqrt(n) if n > 1 else None,
        unsupported=unsupported,
        worst_sum_error=sum_error,
    )


def unsupported_mass(target: ArrayLike, logged: ArrayLike) -> float | None:
    """Return the mean mass of π on actions with μ = 0, both (n_contexts, n_actions)."""
    pi = require_between("target", finite_array("target", target, ndim=2), 0, 1)
    mu: NDArray[np.float64] = finite_array("logged", logged, ndim=2)
    require_between("logged", mu, 0, 1)
    require_same_shape(target=pi, logged=mu)
    return float(np.where(mu == 0, pi, 0.0).sum(axis=1).mean()) if len(pi) else None


def check_overlap(
    weights: ArrayLike,
    *,
    unsupported: float | None = None,
    propensity_sums: ArrayLike | None = None,
) -> Finding[Overlap]:
    """Return whether the log can carry an estimate; arguments as in `overlap_of`.

    Blocks when the mean weight is not within 1 ± 3 errors, when the target does what the
    log never did, and when propensities of a context do not sum to 1. Warns on an
    effective sample below 1000 or 1 % of the rows, and on a row above 5 % of all weight.
    """
    found = overlap_of(weights, unsupported=unsupported, propensity_sums=propensity_sums)
    if found.mean_weight is None or found.ess is None:
        status = Status.NO_OVERLAP if found.n else Status.INSUFFICIENT_DATA
        level = CheckLevel.BLOCK if found.n else CheckLevel.OK
        text = "The log shows nothing that the policy would." if found.n else "The log is empty."
        return Finding(Check.OVERLAP, level, found, text, status=status)
    faults, doubts = _faults(found), _doubts(found)
    level = worst_level(
        CheckLevel.BLOCK if faults else CheckLevel.OK, CheckLevel.WARN if doubts else CheckLevel.OK
    )
    return Finding(
        Check.OVERLAP,
        level,
        found,
        " ".join(text for text, _ in (*faults, *doubts)) or "The log covers the policy well.",
        tuple(dict.fromkeys(cause for _, cause in (*faults, *doubts))),
        _action(level),
        warnings=(WarningCode.LOW_ESS,) if _is_low(found) else (),
    )


def _faults(found: Overlap) -> list[tuple[str, str]]:
    """Return what makes an estimate wrong, each with its likely cause."""
    faults = []
    if found.unsupported:
        mass = percent(found.unsupported, decimals=2)
        faults.append(
            (
                f"The policy does in {mass} of cases what the log never did.",
                "the logging policy was not random enough: filters, ties, a fixed fallback",
            )
        )
    if found.worst_sum_error is not None and found.worst_sum_error > SUM_TOLERANCE:
        faults.append(
            (
                "Logged propensities of a context do not sum to 1.",
                "propensities were logged before filters and re-ranking, not after",
            )
        )
    if not _has_mean_one(found):
        faults.append(
            (
                f"The mean weight is {number(found.mean_weight or 0, decimals=3)}, not 1.",
                "logged propensities are not those the choice was made with",
            )
        )
    return faults


def _doubts(found: Overlap) -> list[tuple[str, str]]:
    """Return what makes an estimate unsure, each with its likely cause."""
    doubts = []
    if _is_low(found):
        doubts.append(
            (
                f"The log is worth {number(found.ess or 0)} rows of {number(found.n)}.",
                "the policy is too unlike the one that logged",
            )
        )
    if (found.max_share or 0) > MAX_SHARE:
        doubts.append(
            (
                f"One row carries {percent(found.max_share or 0)} of all weight.",
                "a tiny propensity was logged: floor it, and clip weights",
            )
        )
    return doubts


def _is_low(found: Overlap) -> bool:
    return found.ess is not None and (found.ess < MIN_ESS or found.ess < MIN_ESS_SHARE * found.n)


def _has_mean_one(found: Overlap) -> bool:
    """Tell whether the mean weight is 1 within its error; one row says nothing of it."""
    if found.mean_weight is None or found.mean_weight_se is None:
        return True
    return abs(found.mean_weight - 1) <= max(MEAN_REACH * found.mean_weight_se, ROUNDING)


def _action(level: CheckLevel) -> str:
    return {
        CheckLevel.OK: "",
        CheckLevel.WARN: "Read the bootstrap interval; log more, or compare a policy nearer to it.",
        CheckLevel.BLOCK: "Do not read the estimate; mend the log first.",
    }[level]
