"""Fitted recommenders on disk: arrays, a manifest and checksums; nothing in it can run.

An artifact is a folder of `.npy` files, opened with `allow_pickle=False` and memory-mapped so that
worker processes share them, and a `manifest.json` that names each file with its SHA-256. The
manifest's own SHA-256 is kept in the database and checked first.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Queries, Recommender, Scores, Settings
from recommenders.errors import ArtifactDamaged, ArtifactMissing
from recommenders.registry import recommender_class

SCHEMA = 1
MANIFEST = "manifest.json"
MAX_BYTES = 8 * 2**30
IDS = ("item_ids", "unit_ids")


@dataclass(frozen=True)
class Artifact:
    """An open artifact: the recommender and the ids behind its indexes."""

    manifest: Mapping[str, Any]
    recommender: Recommender
    item_ids: tuple[str, ...]
    item_places: Mapping[str, int]
    unit_ids: NDArray[np.bytes_]

    def item_index(self, item_id: str) -> int:
        """Return the item's index, -1 when training did not know it."""
        return self.item_places.get(item_id, -1)

    def unit_index(self, unit_id: str) -> int:
        """Return the unit's index, -1 when training did not see it; a binary search, no table."""
        wanted = unit_id.encode()
        if not wanted or len(wanted) > self.unit_ids.dtype.itemsize:
            return -1
        place = int(np.searchsorted(self.unit_ids, np.bytes_(wanted)))
        found = place < len(self.unit_ids) and self.unit_ids[place] == wanted
        return place if found else -1


def score_unit(artifact: Artifact, unit_id: str) -> Scores:
    """Return one unit's scores, shape (n_items,); NaN where none can be given."""
    index = artifact.unit_index(unit_id)
    return artifact.recommender.score(Queries(np.array([index], np.int64)))[0]


def save_artifact(
    folder: Path,
    *,
    algorithm: str,
    settings: Settings,
    recommender: Recommender,
    item_ids: Sequence[str],
    unit_ids: Sequence[str],
    facts: Mapping[str, Any],
) -> str:
    """Write an artifact and return the SHA-256 of its manifest.

    `facts`: what else the manifest tells (data window, row counts, metrics, seed, code version).
    The folder appears whole or not at all. `unit_ids` must be sorted by their UTF-8 bytes.
    """
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    arrays = {f"state.{name}": value for name, value in recommender.state().items()}
    arrays |= {"item_ids": _encoded(item_ids), "unit_ids": _encoded(unit_ids)}
    files = {name: _write_array(temporary / f"{name}.npy", value) for name, value in arrays.items()}
    manifest = {
        "schema": SCHEMA,
        "algorithm": algorithm,
        "settings": dict(settings),
        "n_items": len(item_ids),
        "n_units": len(unit_ids),
        "files": files,
        **facts,
    }
    text = json.dumps(manifest, sort_keys=True, indent=1, allow_nan=False).encode()
    _write_synced(temporary / MANIFEST, text)
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
    return hashlib.sha256(text).hexdigest()


def _encoded(ids: Sequence[str]) -> NDArray[np.bytes_]:
    return np.array([text.encode() for text in ids], dtype=np.bytes_) if ids else np.zeros(0, "S1")


def _write_array(path: Path, value: NDArray[Any]) -> dict[str, Any]:
    with path.open("wb") as file:
        np.save(file, np.ascontiguousarray(value), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return {"sha256": _sha256(path), "shape": list(value.shape), "dtype": value.dtype.str}


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_artifact(folder: Path, *, sha256: str) -> Artifact:
    """Return the artifact of a folder, verified.

    Raises ArtifactMissing when the folder or its manifest is not there, ArtifactDamaged when a
    checksum, a shape or a number is not what was written.
    """
    manifest = _read_manifest(folder, sha256)
    arrays = {name: _read_array(folder, name, facts) for name, facts in manifest["files"].items()}
    state = {
        name.removeprefix("state."): value
        for name, value in arrays.items()
        if name.startswith("state.")
    }
    item_ids = tuple(item_id.decode() for item_id in arrays["item_ids"])
    try:
        chosen = recommender_class(manifest["algorithm"])
        recommender = chosen.from_state(state, manifest["settings"])
        artifact = Artifact(
            manifest=manifest,
            recommender=recommender,
            item_ids=item_ids,
            item_places={item_id: index for index, item_id in enumerate(item_ids)},
            unit_ids=arrays["unit_ids"],
        )
        scores = score_unit(artifact, "")
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise ArtifactDamaged(f"{folder.name}: cannot be restored: {error}") from error
    if scores.shape != (len(item_ids),):
        raise ArtifactDamaged(f"{folder.name}: {scores.shape} scores for {len(item_ids)} items")
    return artifact


def _read_manifest(folder: Path, sha256: str) -> dict[str, Any]:
    try:
        text = (folder / MANIFEST).read_bytes()
    except OSError:
        raise ArtifactMissing(f"{folder.name}: no manifest at this place") from None
    if hashlib.sha256(text).hexdigest() != sha256:
        raise ArtifactDamaged(f"{folder.name}: the manifest is not the one that was registered")
    manifest: dict[str, Any] = json.loads(text)
    if manifest["schema"] != SCHEMA:
        raise ArtifactDamaged(f"{folder.name}: unknown schema {manifest['schema']!r}")
    return manifest


def _read_array(folder: Path, name: str, facts: Mapping[str, Any]) -> NDArray[Any]:
    path = folder / f"{name}.npy"
    try:
        if path.stat().st_size > MAX_BYTES or _sha256(path) != facts["sha256"]:
            raise ArtifactDamaged(f"{folder.name}: {path.name} is not what was written")
        value = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise ArtifactDamaged(f"{folder.name}: {path.name} is missing") from None
    except (OSError, ValueError) as error:
        raise ArtifactDamaged(f"{folder.name}: {path.name} cannot be read: {error}") from error
    if list(value.shape) != facts["shape"] or value.dtype.str != facts["dtype"]:
        raise ArtifactDamaged(f"{folder.name}: {path.name} has another shape or type")
    if value.dtype.kind == "f" and np.isinf(value).any():
        raise ArtifactDamaged(f"{folder.name}: {path.name} holds infinite numbers")
    return value
