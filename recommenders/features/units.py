"""What units are at a moment: recency, frequency, monetary value, and what they lean to."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import Kind, TrainingData
from recommenders.features.catalogue import one_hot
from recommenders.features.moments import DAY_US

Acts = NDArray[np.float64]  # (n_units, 5)

LAST_DAY, LAST_PURCHASE_DAY, N_ACTS, N_PURCHASES, SPENT = range(5)
NAMES = ("recency_days", "frequency", "monetary", "purchases", "days_since_purchase")


def acts_of(data: TrainingData) -> Acts:
    """Return what units did, in numbers from which the features of any later moment follow.

    Columns: the days, since 1970, of the last act and of the last purchase; acts, purchases and
    minor units spent. A row of zeros is a unit that never did anything.
    """
    day = data.until_us / DAY_US - data.age_days.astype(np.float64)
    bought = data.kind == Kind.PURCHASE
    acts = np.zeros((data.n_units, 5))
    for column, rows in ((LAST_DAY, slice(None)), (LAST_PURCHASE_DAY, bought)):
        last = np.full(data.n_units, -np.inf)
        np.maximum.at(last, data.unit[rows], day[rows])
        acts[:, column] = np.where(np.isfinite(last), last, 0)
    acts[:, N_ACTS] = np.bincount(data.unit, minlength=data.n_units)
    acts[:, N_PURCHASES] = np.bincount(data.unit[bought], minlength=data.n_units)
    acts[:, SPENT] = np.bincount(data.unit, weights=data.amount, minlength=data.n_units)
    return acts


def acts_with_recent(acts: Acts, recent: csr_matrix | None, at_day: NDArray[np.float64]) -> Acts:
    """Return the acts with those since training, which count as done at the moment itself."""
    if recent is None:
        return acts
    since = np.diff(recent.indptr)
    joined = acts.copy()
    joined[:, N_ACTS] += since
    joined[:, LAST_DAY] = np.where(since > 0, at_day, acts[:, LAST_DAY])
    return joined


def unit_columns(acts: Acts, at_day: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return recency in days, acts, spending and purchases (logs), and days since a purchase.

    `acts`, `at_day`: a row and a moment for each of n units; shape (n, 5). NaN: it never did.
    """
    columns = (
        _days_since(acts[:, LAST_DAY], acts[:, N_ACTS], at_day),
        np.log1p(acts[:, N_ACTS]),
        np.log1p(acts[:, SPENT]),
        np.log1p(acts[:, N_PURCHASES]),
        _days_since(acts[:, LAST_PURCHASE_DAY], acts[:, N_PURCHASES], at_day),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _days_since(
    last_day: NDArray[np.float64], times: NDArray[np.float64], at_day: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.where(times > 0, np.maximum(at_day - last_day, 0), np.nan)


def affinities(history: csr_matrix, groups: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the share of each unit's history in each group of items, rows sum to 1 or are 0.

    `history`: (n_units, n_items), weights of 0 and more; `groups`: each item's category or price
    tier, -1 for none; shape (n_units, n_groups), at least one group.
    """
    n_groups = max(int(groups.max(initial=-1)) + 1, 1)
    sums = (history @ one_hot(groups, n_groups)).toarray()
    return sums / np.maximum(sums.sum(axis=1, keepdims=True), np.float32(1e-9))
