"""What an evaluation asks: how it splits, and what counts as wanted; from that, the folds."""

from dataclasses import dataclass

import numpy as np

from recommenders.base import Kind
from recommenders.errors import EvaluationError
from recommenders.evaluation.folds import Fold, Log, fold_of
from recommenders.evaluation.splits import DAY_US, Split, last_out, random_per_unit, rolling_splits

TIME, LAST, RANDOM = "time", "last", "random"
SPLITS = (TIME, LAST, RANDOM)
HELD_OUT = 0.25  # of each unit, in random splits


@dataclass(frozen=True, slots=True)
class Design:
    """How interactions are split and which count.

    `n_folds`, `window_days`: of splits by time, None for a fifth of the span in all; `remove_seen`:
    what a unit knew is neither listed nor wanted; `purchases_only`: nothing else counts as wanted.
    """

    split: str = TIME
    n_folds: int = 1
    window_days: int | None = None
    remove_seen: bool = True
    purchases_only: bool = False
    seed: int = 1


def folds_of(log: Log, design: Design) -> list[Fold]:
    """Return the folds, oldest first; raises EvaluationError when the data cannot be split so."""
    if not log.rows or not log.items:
        missing = "interactions" if log.items else "items"
        raise EvaluationError(f"there are no {missing} to judge by")
    kind = Kind.PURCHASE if design.purchases_only else None
    return [
        fold_of(log, split, remove_seen=design.remove_seen, kind=kind)
        for split in _splits(log, design)
    ]


def _splits(log: Log, design: Design) -> list[Split]:
    if design.split == TIME:
        window_us = design.window_days * DAY_US if design.window_days else None
        return rolling_splits(log.ts_us, n_folds=design.n_folds, window_us=window_us)
    if design.split == LAST:
        return [last_out(log.unit, log.ts_us)]
    if design.split == RANDOM:
        rng = np.random.default_rng(design.seed)
        return [random_per_unit(log.unit, log.ts_us, share=HELD_OUT, rng=rng)]
    raise EvaluationError(f"unknown split {design.split!r}", hint=f"Known: {', '.join(SPLITS)}.")


def sampled(log: Log, n_units: int, *, seed: int) -> Log:
    """Return the log of at most so many units, drawn at random, each with all it did."""
    units = np.unique(log.unit)
    if len(units) <= n_units:
        return log
    kept = np.random.default_rng(seed).choice(units, n_units, replace=False)
    mask = np.isin(log.unit, kept)
    return Log([log.rows[place] for place in np.flatnonzero(mask).tolist()], log.items)
