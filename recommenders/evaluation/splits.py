"""Splits: what is learned from and what is judged by; by time, and two that only compare."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommenders.base import TrainingData
from recommenders.errors import EvaluationError

Mask = NDArray[np.bool_]  # over interactions
DAY_US = 86_400_000_000


def split_by_time(data: TrainingData, *, share: float) -> tuple[TrainingData, TrainingData] | None:
    """Return the data before and after the moment that leaves about `share` of it later.

    Interactions of one moment stay on one side, so the later part may be smaller than `share`.
    None when that leaves either side empty. `share`: a fraction, 0 < share < 1.
    """
    if not len(data.age_days) or not 0 < share < 1:
        return None
    late = data.age_days < np.quantile(data.age_days, share)
    return (data.where(~late), data.where(late)) if 0 < late.sum() < len(late) else None


def hot_units(early: TrainingData, late: TrainingData) -> NDArray[np.int64]:
    """Return the units, ascending, that have something on both sides of a split.

    The others are cold: no recommender can know them, so they are judged apart.
    """
    return np.intersect1d(early.unit, late.unit).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Split:
    """Masks over interactions: what is learned from and what is judged by.

    `cut_us`: the moment that training knows as now. `until_us`: the end of what is judged.
    `is_temporal`: whether all that is learned from came before all that is judged.
    """

    train: Mask
    test: Mask
    cut_us: int
    until_us: int
    is_temporal: bool


def rolling_splits(
    ts_us: NDArray[np.int64], *, n_folds: int, window_us: int | None = None
) -> list[Split]:
    """Return splits by time, oldest first: windows at the end, one after the other, none shared.

    Each is judged by one window and learns from everything strictly before it. `window_us`: how
    long a window is; a fifth of the whole span, shared by the folds, when left out. Raises
    EvaluationError when a window, or what comes before it, is empty.
    """
    if not len(ts_us) or n_folds < 1:
        raise EvaluationError(f"no {n_folds} windows can be cut from {len(ts_us)} interactions")
    end = int(ts_us.max()) + 1
    width = window_us or max((end - int(ts_us.min())) // (5 * n_folds), 1)
    starts = [end - width * (fold + 1) for fold in reversed(range(n_folds))]
    return [_window(ts_us, start, start + width) for start in starts]


def _window(ts_us: NDArray[np.int64], start_us: int, end_us: int) -> Split:
    split = Split(
        train=ts_us < start_us,
        test=(ts_us >= start_us) & (ts_us < end_us),
        cut_us=start_us,
        until_us=end_us,
        is_temporal=True,
    )
    if not split.train.any() or not split.test.any():
        side = "in the window" if split.train.any() else "before the window"
        raise EvaluationError(
            f"nothing happened {side} of {(end_us - start_us) / DAY_US:g} days",
            hint="Ask for fewer folds, or for windows of another length.",
        )
    return split


def last_out(unit: NDArray[np.int64], ts_us: NDArray[np.int64]) -> Split:
    """Return the split that judges by each unit's last interaction, where it has an earlier one.

    Of several at one moment the one that stands last. Others' later acts are learned from, so
    this compares recommenders and foretells nothing. Raises EvaluationError when no unit has two.
    """
    order = np.lexsort((np.arange(len(unit)), ts_us, unit))
    ordered = unit[order]
    is_last = np.append(ordered[1:] != ordered[:-1], True)
    is_first = np.append(True, ordered[1:] != ordered[:-1])
    test = np.zeros(len(unit), np.bool_)
    test[order[is_last & ~is_first]] = True
    return _apart_from_time(test, ts_us, "no unit did two things")


def random_per_unit(
    unit: NDArray[np.int64], ts_us: NDArray[np.int64], *, share: float, rng: np.random.Generator
) -> Split:
    """Return the split that judges by a random share of each unit's interactions.

    Units in the order of their index; each one's rows are shuffled in place, the first
    round((1 - share) n) are learned from. For comparing with published figures: what is judged is
    not later than what is learned from. Raises EvaluationError when nothing is left to judge by.
    """
    if not 0 < share < 1:
        raise EvaluationError(f"a share lies between 0 and 1; got {share:g}")
    order = np.argsort(unit, kind="stable")
    test = np.zeros(len(unit), np.bool_)
    for rows in np.split(order, np.flatnonzero(np.diff(unit[order])) + 1):
        rng.shuffle(rows)
        test[rows[round((1 - share) * len(rows)) :]] = True
    return _apart_from_time(test, ts_us, "no unit did enough to be split")


def _apart_from_time(test: Mask, ts_us: NDArray[np.int64], problem: str) -> Split:
    if not test.any() or test.all():
        raise EvaluationError(f"{problem}, so nothing can be judged")
    end = int(ts_us.max()) + 1
    return Split(train=~test, test=test, cut_us=end, until_us=end, is_temporal=False)
