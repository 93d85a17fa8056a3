"""What a bandit does to plain means, and that the weighted scores undo it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from analytics.stats.adaptive.aipw import (
    Weighting,
    adaptive_estimate,
    aipw_scores,
    decision_weights,
    running_means,
)
from analytics.stats.adaptive.thompson import FLOOR
from analytics.stats.calibration.rows import Job, Rng, Row, Target, share_row, share_target
from analytics.stats.columns import Floats
from analytics.stats.references import upper_quantile

STUDY = "Thompson sampling, two variants at 10 %"
TARGET_RUNS = 4_000
RATE, BATCH, BATCHES = 0.1, 100, 20
BATCH_OF = np.repeat(np.arange(BATCHES), BATCH)
# By estimator: the published bias, coverage.
PUBLISHED = {
    "plain mean": (-0.0042, 0.914),
    "AIPW": (0.0002, 0.949),
    "√e weights": (-0.0022, 0.939),
}
PUBLISHED_DIGIT = 0.00005
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Logs:
    """Decisions of many runs, each (runs, T): outcome, was it the treatment, its odds."""

    outcomes: Floats
    is_treatment: Bools
    odds: Floats


def jobs(scale: int) -> list[Job]:
    """Return the simulation of Thompson sampling; runs do not grow with `scale` as a whole."""
    return [Job("Thompson sampling", partial(rows, TARGET_RUNS * min(scale, 5)))]


def rows(runs: int, rng: Rng) -> list[Row]:
    """Return bias and coverage of three estimates of the treatment's rate."""
    logs = simulate(runs, rng)
    found = {name: [each[name] for each in map(dict, _estimates(logs))] for name in PUBLISHED}
    return [row for name, pairs in found.items() for row in _rows(name, np.array(pairs))]


def simulate(runs: int, rng: Rng) -> Logs:
    """Return the logs of batches drawn with Thompson's odds, never below the floor of 5 %."""
    counts = np.zeros((runs, 2, 2))  # variant × (failures, successes)
    parts = []
    for _ in range(BATCHES):
        odds = FLOOR + (1 - 2 * FLOOR) * treatment_is_best(counts)
        taken = rng.random((runs, BATCH)) < odds[:, None]
        outcomes = rng.random((runs, BATCH)) < RATE
        for variant, chosen in enumerate((~taken, taken)):
            counts[:, variant, 0] += (chosen & ~outcomes).sum(axis=1)
            counts[:, variant, 1] += (chosen & outcomes).sum(axis=1)
        parts.append((outcomes, taken, np.broadcast_to(odds[:, None], taken.shape)))
    outcomes, taken, odds = (np.concatenate(each, axis=1) for each in zip(*parts, strict=True))
    return Logs(outcomes.astype(np.float64), taken, odds)


def treatment_is_best(counts: Floats) -> Floats:
    """Return P(treatment's rate > control's) under Beta(1 + s, 1 + f), of each run.

    `counts`: (runs, 2 variants, failures and successes). A copy in arrays, by the finite
    sum over the treatment's successes, of `best_probabilities`, which integrates for one
    choice at a time.
    """
    (b_a, a_a), (b_b, a_b) = (1 + counts[:, variant].T[:, :, None] for variant in (0, 1))
    i = np.arange(int(a_b.max()))[None, :]
    terms = betaln(a_a + i, b_a + b_b) - np.log(b_b + i) - betaln(1 + i, b_b) - betaln(a_a, b_a)
    return np.asarray(np.where(i < a_b, np.exp(terms), 0.0).sum(axis=1).clip(0, 1))


def _estimates(logs: Logs) -> Iterator[list[tuple[str, tuple[float, float]]]]:
    """Yield, per run and estimator, the error of the rate and its standard error."""
    for y, taken, odds in zip(logs.outcomes, logs.is_treatment, logs.odds, strict=True):
        plain = float(y[taken].mean())
        found = [(plain, math.sqrt(plain * (1 - plain) / int(taken.sum())))]
        guesses = running_means(y, taken, batches=BATCH_OF)
        scores = aipw_scores(y, taken, odds, guesses)
        for weighting in Weighting:
            estimate = adaptive_estimate(scores, decision_weights(odds, weighting))
            assert estimate.value is not None
            assert estimate.se is not None
            found.append((estimate.value, estimate.se))
        yield list(zip(PUBLISHED, found, strict=True))


def _rows(name: str, found: Floats) -> list[Row]:
    """Return bias and coverage of one estimator; `found`: (runs, value and error)."""
    bias, coverage = PUBLISHED[name]
    values, errors = found.T
    spread = float(values.std(ddof=1))
    target = Target(bias, bias, spread / math.sqrt(TARGET_RUNS), PUBLISHED_DIGIT)
    ours, error = float(values.mean()) - RATE, spread / math.sqrt(len(values))
    holds = np.abs(values - RATE) <= upper_quantile(0.025) * errors
    return [
        Row(STUDY, f"{name}: bias", target, ours, error),
        share_row(STUDY, f"{name}: coverage", share_target(coverage, TARGET_RUNS), holds),
    ]
