"""Small data sets for tests of recommenders, made in memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, identity

from recommenders.artifacts import Artifact, load_artifact, save_artifact
from recommenders.base import Queries, Recommender, Scores, TrainingData, checked_settings
from recommenders.registry import fitted_class, make

SEED = 11


def training_data(
    pairs: NDArray[np.int64],
    *,
    n_units: int,
    n_items: int,
    weight: float = 1.0,
    age_days: NDArray[np.float32] | None = None,
) -> TrainingData:
    """Return interactions (unit, item) of one weight, their items' only feature being identity."""
    return TrainingData(
        n_units=n_units,
        n_items=n_items,
        unit=pairs[:, 0],
        item=pairs[:, 1],
        weight=np.full(len(pairs), weight, np.float32),
        age_days=np.zeros(len(pairs), np.float32) if age_days is None else age_days,
        features=csr_matrix(identity(n_items, dtype=np.float32)),
    )


def pairs_of(*pairs: tuple[int, int]) -> NDArray[np.int64]:
    """Return pairs as an array, shape (n, 2), also when there are none."""
    return np.array(pairs, np.int64).reshape(-1, 2)


def checkerboard(size: int = 50) -> TrainingData:
    """Return units that like items of their own parity, the diagonal held out.

    Whoever learned it ranks the diagonal first of what a unit has not seen.
    """
    units, items = np.indices((size, size))
    liked = (units % 2 == items % 2) & (units != items)
    return training_data(np.argwhere(liked), n_units=size, n_items=size)


def fitted(
    name: str,
    data: TrainingData,
    *,
    seed: int = SEED,
    settings: Mapping[str, Any] | None = None,
) -> Recommender:
    """Return a registered recommender, fitted."""
    return make(name, settings or {}).fit(data, rng=np.random.default_rng(seed))


def scores_of(recommender: Recommender, *units: int) -> Scores:
    """Return a copy of the scores of these unit indexes."""
    return np.array(recommender.score(Queries(np.array(units, np.int64))))


def saved(
    folder: Path,
    name: str,
    data: TrainingData,
    *,
    recommender: Recommender | None = None,
    settings: Mapping[str, Any] | None = None,
) -> str:
    """Write an artifact whose ids are unit-00, item-00 …; return its checksum."""
    return save_artifact(
        folder,
        algorithm=name,
        settings=checked_settings(settings or {}, fitted_class(name).defaults),
        recommender=recommender or fitted(name, data, settings=settings),
        item_ids=[f"item-{index:02d}" for index in range(data.n_items)],
        unit_ids=[f"unit-{index:02d}" for index in range(data.n_units)],
        facts={"seed": SEED},
    )


def reloaded(folder: Path, name: str, data: TrainingData, recommender: Recommender) -> Artifact:
    """Return the artifact that was written of a recommender."""
    return load_artifact(folder, sha256=saved(folder, name, data, recommender=recommender))
