"""Lists of active units made ahead: arrays in a folder of their own, found by the artifact's sum.

An option for recommenders whose scores take long: what a unit gets is looked up and filtered. It
holds for one artifact only, named by its checksum, so that a new champion never serves old lists.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from experiments.disk import sync
from recommenders.artifacts import Artifact
from recommenders.base import Queries
from recommenders.ranking import top_k

DEPTH = 200  # items kept for each unit: enough for what is sold out, in the cart or bought
BLOCK_CELLS = 4_000_000  # scores held at one time
NAMES = ("units", "items", "scores")
NONE = -1  # in place of an item where a unit has fewer


class Prepared:
    """The best items of some units, (n_units, depth), each with its score, best first."""

    def __init__(
        self,
        units: NDArray[np.int64],
        items: NDArray[np.int32],
        scores: NDArray[np.float32],
    ) -> None:
        self._units, self._items, self._scores = units, items, scores

    def of(self, unit: int) -> tuple[list[int], list[float]] | None:
        """Return a unit's items and their scores, None for a unit that is not here."""
        place = int(np.searchsorted(self._units, unit))
        if place == len(self._units) or self._units[place] != unit:
            return None
        items, scores = self._items[place].tolist(), self._scores[place].tolist()
        n_items = items.index(NONE) if NONE in items else len(items)
        return items[:n_items], scores[:n_items]


def prepare(artifact: Artifact, units: NDArray[np.int64], *, sha256: str) -> Path:
    """Write the lists of these units, ascending indexes, and return the folder; whole or not."""
    blocks = list(_blocks(artifact, units))
    shape = (0, DEPTH)
    items = np.concatenate([np.zeros(shape, np.int32), *(found for found, _scores in blocks)])
    scores = np.concatenate([np.zeros(shape, np.float32), *(found for _items, found in blocks)])
    folder = folder_of(sha256)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    for name, array in zip(NAMES, (units, items, scores), strict=True):
        np.save(temporary / f"{name}.npy", array, allow_pickle=False)
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
    sync(folder.parent)
    return folder


def _blocks(
    artifact: Artifact, units: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    size = max(BLOCK_CELLS // max(len(artifact.item_ids), 1), 1)
    for start in range(0, len(units), size):
        scores = artifact.recommender.score(Queries(units[start : start + size]))
        items = np.full((len(scores), DEPTH), NONE, np.int32)
        values = np.full((len(scores), DEPTH), np.nan, np.float32)
        for row, own in enumerate(scores):
            best = top_k(own, DEPTH)
            items[row, : len(best)], values[row, : len(best)] = best, own[best]
        yield items, values


def prepared_of(sha256: str, *, n_items: int) -> Prepared | None:
    """Return the lists that were made of an artifact; None without any, or where they are damaged.

    `n_items`: of the artifact; an index beyond could not be one of its items.
    """
    try:
        units, items, scores = (
            np.lib.format.open_memmap(folder_of(sha256) / f"{name}.npy", mode="r") for name in NAMES
        )
    except (OSError, ValueError):
        return None
    fits = items.shape == scores.shape == (len(units), DEPTH) and items.max(initial=-1) < n_items
    return Prepared(units, items, scores) if fits else None


def folder_of(sha256: str) -> Path:
    """Return where the lists of an artifact are."""
    return Path(settings.DATA_DIR) / "lists" / sha256
