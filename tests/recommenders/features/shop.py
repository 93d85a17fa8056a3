"""Shoppers with purchases, prices and categories, small enough to count by hand."""

from dataclasses import replace

import numpy as np

from recommenders.base import Kind, TrainingData
from recommenders.features.moments import DAY_US
from tests.recommenders.data import pairs_of, training_data

NOW_US = 20_000 * DAY_US


def shop_data() -> TrainingData:
    """Return units 0 and 1 with acts, unit 2 without, on four items of two categories."""
    data = training_data(
        pairs_of((0, 0), (0, 0), (0, 1), (1, 2)),
        n_units=3,
        n_items=4,
        age_days=np.array([9, 3, 1, 5], np.float32),
    )
    return replace(
        data,
        weight=np.array([1, 5, 1, 1], np.float32),
        kind=np.array([Kind.VIEW, Kind.PURCHASE, Kind.VIEW, Kind.VIEW], np.int8),
        amount=np.array([0, 1_999, 0, 0], np.float32),
        category=np.array([0, 1, 1, -1]),
        price=np.array([100, 200, 300, np.nan], np.float32),
        item_age_days=np.array([30, 20, 10, 0], np.float32),
        until_us=NOW_US,
    )
