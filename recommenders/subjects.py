"""What this room holds of one unit: its place in artifacts, with what was learnt of it.

An artifact's units are found by a sorted array of ids. Erased, a unit's id gives way to that of its
neighbour, so that no search ends there, and its factors and history to zeros. What the items'
factors learnt from it, among all others, goes with the next training.
"""

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from experiments.subjects.erasure import StillBusy
from recommenders.artifacts import MANIFEST, replace_arrays
from recommenders.models import Artifact
from recommenders.serving.prepared import folder_of as lists_of

log = logging.getLogger(__name__)

UNIT_IDS = "unit_ids"
PER_UNIT = "unit_factors"  # one row for each unit
# Sparse matrices of units: what their rows hold, and the array that says where each row is.
BY_ROWS = {
    "history_data": "history_indptr",
    "history_indices": "history_indptr",
    "bought.indices": "bought.indptr",
    "bought.age_days": "bought.indptr",
}
LEARNT = (PER_UNIT, "history_data", "bought.indices")  # what is told to whoever asks


def read_unit(site_id: int, _unit_type: str, unit_id: str) -> dict[str, list[Any]]:
    """Return the artifacts that know the unit, with the factors and weights learnt of it."""
    return {
        "artifacts": [
            {"artifact": artifact.full_name, "learnt": _learnt(arrays, place)}
            for artifact, arrays, place in _knowing(site_id, unit_id)
        ]
    }


def erase_unit(site_id: int, _unit_type: str, unit_id: str) -> dict[str, int]:
    """Take the unit out of every artifact; return out of how many.

    Raises StillBusy while a training is under way, which may have read the unit's events.
    """
    erased = 0
    for artifact, arrays, place in _knowing(site_id, unit_id):
        _replace(artifact, _without(arrays, place))
        erased += 1
    if Artifact.objects.filter(site_id=site_id, status=Artifact.Status.TRAINING).exists():
        raise StillBusy("a training under way may have read the unit's events; it is waited for")
    return {"artifacts": erased}


Known = tuple[Artifact, dict[str, NDArray[Any]], int]


def _knowing(site_id: int, unit_id: str) -> Iterator[Known]:
    """Yield the ready artifacts that hold the unit, with their arrays and its place in them."""
    rows = Artifact.objects.filter(site_id=site_id, status=Artifact.Status.READY).order_by("pk")
    wanted = np.bytes_(unit_id.encode())
    for artifact in rows.select_related("recommender"):
        folder = _folder(artifact)
        try:
            ids = np.lib.format.open_memmap(folder / f"{UNIT_IDS}.npy", mode="r")
        except (OSError, ValueError):  # gone or damaged: it serves nobody either
            log.warning("artifact cannot be searched name=%s", artifact.full_name)
            continue
        place = int(np.searchsorted(ids, wanted))
        if place < len(ids) and ids[place] == wanted:
            yield artifact, _arrays(folder), place


def _folder(artifact: Artifact) -> Path:
    return Path(settings.DATA_DIR) / artifact.path


def _arrays(folder: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays that hold something of single units, by the names of their files."""
    files = json.loads((folder / MANIFEST).read_bytes())["files"]
    wanted = (PER_UNIT, *BY_ROWS, *BY_ROWS.values())
    names = [name for name in files if name == UNIT_IDS or name.endswith(wanted)]
    return {name: np.lib.format.open_memmap(folder / f"{name}.npy", mode="r") for name in names}


def _learnt(arrays: Mapping[str, NDArray[Any]], place: int) -> dict[str, list[float]]:
    return {
        name: np.asarray(arrays[name][_span(arrays, name, place)], float).ravel().tolist()
        for name in arrays
        if name.endswith(LEARNT)
    }


def _without(arrays: Mapping[str, NDArray[Any]], place: int) -> dict[str, NDArray[Any]]:
    """Return the arrays that change: the id is its neighbour's, what was learnt is zero."""
    changed = {name: np.array(array) for name, array in arrays.items() if name[-6:] != "indptr"}
    # Before the first there is the empty id, which nobody asks for.
    changed[UNIT_IDS][place] = changed[UNIT_IDS][place - 1] if place else b""
    for name, array in changed.items():
        if name != UNIT_IDS:
            array[_span(arrays, name, place)] = 0
    return changed


def _span(arrays: Mapping[str, NDArray[Any]], name: str, place: int) -> slice:
    """Return where an array holds the unit."""
    if name.endswith(PER_UNIT):
        return slice(place, place + 1)
    own = next(suffix for suffix in BY_ROWS if name.endswith(suffix))
    bounds = arrays[name.removesuffix(own) + BY_ROWS[own]]
    return slice(int(bounds[place]), int(bounds[place + 1]))


def _replace(artifact: Artifact, changed: Mapping[str, NDArray[Any]]) -> None:
    """Write the artifact anew beside the old one, let the row name it, and remove the old one.

    Whoever serves from the old files goes on with them until the row's change is noticed.
    """
    old = _folder(artifact)
    shutil.rmtree(lists_of(artifact.sha256), ignore_errors=True)  # made ahead for its units
    base = artifact.path.partition("~")[0]
    artifact.path = f"{base}~{os.urandom(4).hex()}"
    artifact.sha256 = replace_arrays(old, _folder(artifact), changed)
    artifact.save(update_fields=["path", "sha256"])
    shutil.rmtree(old, ignore_errors=True)
