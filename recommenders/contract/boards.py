"""Small worlds whose right answers are known."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, identity

from recommenders.base import Kind, TrainingData

SIZE = 50
DAY_US = 86_400_000_000
HOUR_US = DAY_US // 24
MORNING_US, EVENING_US = 20_000 * DAY_US + 8 * HOUR_US, 20_000 * DAY_US + 20 * HOUR_US


def board(
    pairs: NDArray[np.int64], *, n_units: int, n_items: int, age_days: NDArray[np.float32] | None
) -> TrainingData:
    """Return acts of weight 1 by units on items that are told apart by whether they are even.

    Of items that shows in text and category, of units in the segment; a unit's acts are one visit.
    """
    even = np.eye(2, dtype=np.float32)[np.arange(n_items) % 2]
    return TrainingData(
        n_units=n_units,
        n_items=n_items,
        unit=pairs[:, 0],
        item=pairs[:, 1],
        weight=np.ones(len(pairs), np.float32),
        age_days=np.zeros(len(pairs), np.float32) if age_days is None else age_days,
        features=csr_matrix(identity(n_items, dtype=np.float32)),
        kind=np.full(len(pairs), Kind.VIEW, np.int8),
        session=pairs[:, 0],
        content=csr_matrix(even),
        category=np.arange(n_items) % 2,
        segment=np.arange(n_units) % 2,
        until_us=EVENING_US,
    )


def checkerboard(size: int = SIZE) -> TrainingData:
    """Return units that like items of their own parity, the diagonal held out.

    Whoever learned it ranks the diagonal first of what a unit has not seen. After a test of
    implicit (Frederickson, recommender_base_test.py).
    """
    units, items = np.indices((size, size))
    liked = (units % 2 == items % 2) & (units != items)
    return board(np.argwhere(liked), n_units=size, n_items=size, age_days=None)


def mornings_and_evenings(size: int = SIZE, days: int = 20) -> TrainingData:
    """Return units that touch even items at eight in the morning and odd ones at eight at night."""
    rng = np.random.default_rng(3)
    n = size * days
    units, days_ago = np.repeat(np.arange(size), days), np.tile(np.arange(days), size)
    evening = rng.integers(0, 2, n)
    items = 2 * rng.integers(0, size // 2, n) + evening
    ages = (days_ago + np.where(evening, 0.0, 0.5)).astype(np.float32)
    return board(np.column_stack([units, items]), n_units=size, n_items=size, age_days=ages)


def of_no_acts(n_items: int) -> TrainingData:
    """Return items that nobody touched, and no units."""
    return board(np.zeros((0, 2), np.int64), n_units=0, n_items=n_items, age_days=None)


def of_one_item() -> TrainingData:
    """Return two units and the one item both touched."""
    return board(np.array([[0, 0], [1, 0]]), n_units=2, n_items=1, age_days=None)
