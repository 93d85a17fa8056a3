"""The worked example of docs/metrics.md: six items, four units to learn from, four to judge."""

import numpy as np
from scipy.sparse import csr_matrix, identity

from recommenders.base import TrainingData
from recommenders.evaluation.beyond import ItemFacts, item_facts
from recommenders.evaluation.folds import Fold, Group

K = 3
ITEMS = "ABCDEF"
TRAINING = ("AB", "AC", "ABD", "E")
CATEGORIES = {"A": 0, "B": 0, "C": 1, "D": 1, "E": 0, "F": -1}  # lamps, chairs, unknown
LISTS = ("ACE", "BDA", "C", "")
WANTED = ("CF", "BADE", "A", "B")


def training() -> TrainingData:
    """Return what the four units of training did."""
    pairs = [(unit, ITEMS.index(item)) for unit, row in enumerate(TRAINING) for item in row]
    return TrainingData(
        n_units=len(TRAINING),
        n_items=len(ITEMS),
        unit=np.array([unit for unit, _ in pairs]),
        item=np.array([item for _, item in pairs]),
        weight=np.ones(len(pairs), np.float32),
        age_days=np.zeros(len(pairs), np.float32),
        features=csr_matrix(identity(len(ITEMS), dtype=np.float32)),
        category=np.array([CATEGORIES[item] for item in ITEMS]),
    )


def facts() -> ItemFacts:
    """Return what training knew of the items."""
    return item_facts(training())


def lists() -> np.ndarray:
    """Return the lists as indexes, -1 where one ends early."""
    rows = [[ITEMS.index(item) for item in row] for row in LISTS]
    return np.array([[*row, *[-1] * (K - len(row))] for row in rows], np.int64)


def fold() -> Fold:
    """Return the four judged units, strangers all."""
    wanted = np.zeros((len(WANTED), len(ITEMS)), np.float32)
    for unit, row in enumerate(WANTED):
        wanted[unit, [ITEMS.index(item) for item in row]] = 1
    nothing = csr_matrix(np.zeros_like(wanted))
    return Fold(
        data=training(),
        units=np.full(len(WANTED), -1),
        identity=np.arange(len(WANTED)),
        group=np.full(len(WANTED), Group.COLD, np.int8),
        segments=np.full(len(WANTED), -1),
        wanted=csr_matrix(wanted),
        recent=nothing,
        seen=nothing,
        hides_seen=True,
    )
