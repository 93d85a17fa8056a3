"""Splits by time: learn from what came first, judge by what came later."""

import numpy as np
from numpy.typing import NDArray

from recommenders.base import TrainingData


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
