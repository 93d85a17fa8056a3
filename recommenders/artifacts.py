"""Fitted recommenders on disk: arrays, a manifest and checksums; nothing in it can run.

An artifact is a folder of `.npy` files and a `manifest.json` that names each with its SHA-256; the
manifest's own SHA-256 is kept in the database and checked first. Files hold numbers and bytes
only (what would need unpickling is refused) and are mapped, so that worker processes share them.
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

from experiments.disk import sync
from recommenders.base import Queries, Recommender, Scores, Settings, State
from recommenders.errors import ArtifactDamaged, ArtifactMissing, RecommenderError
from recommenders.registry import fitted_class

SCHEMA = 1
MANIFEST = "manifest.json"
MAX_BYTES = 8 * 2**30
# What an algorithm, perhaps a plug-in of another version, raises on a state that is not its own.
CANNOT_RESTORE = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    RecommenderError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class Artifact:
    """An open artifact: the recommender and the ids behind its indexes.

    `extras`: what serving needs besides scores, such as who bought what; arrays by name.
    """

    manifest: Mapping[str, Any]
    recommender: Recommender
    item_ids: tuple[str, ...]
    item_places: Mapping[str, int]
    unit_ids: NDArray[np.bytes_]
    extras: Mapping[str, NDArray[Any]]

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
    extras: Mapping[str, NDArray[Any]] | None = None,
) -> str:
    """Write an artifact and return the SHA-256 of its manifest.

    `facts`: what else the manifest tells (data window, row counts, metrics, seed, code version).
    The folder appears whole or not at all, and only once it could be loaded: raises ArtifactDamaged
    for a state that serving would refuse. `unit_ids` must be sorted by their UTF-8 bytes.
    """
    manifest = {
        **facts,
        "schema": SCHEMA,
        "algorithm": algorithm,
        "settings": dict(settings),
        "n_items": len(item_ids),
        "n_units": len(unit_ids),
    }
    arrays = {f"state.{name}": value for name, value in recommender.state().items()}
    arrays |= {f"extra.{name}": value for name, value in (extras or {}).items()}
    arrays |= {"item_ids": _encoded(item_ids), "unit_ids": _encoded(unit_ids)}
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        text = _write_files(temporary, manifest, arrays)
        sha256 = hashlib.sha256(text).hexdigest()
        load_artifact(temporary, sha256=sha256)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync(folder.parent)
    return sha256


def _write_files(
    folder: Path, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> bytes:
    """Write a fresh folder of arrays and return the text of its manifest."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = {name: _write_array(folder / f"{name}.npy", value) for name, value in arrays.items()}
    whole = {**manifest, "files": files}
    text = json.dumps(whole, sort_keys=True, indent=1, allow_nan=False).encode()
    _write_synced(folder / MANIFEST, text)
    sync(folder)
    return text


def replace_arrays(folder: Path, target: Path, changed: Mapping[str, NDArray[Any]]) -> str:
    """Write an artifact's copy with other arrays in place of some; return its manifest's SHA-256.

    The files that stay are shared with the artifact in `folder`. `target` appears whole or not at
    all; raises ArtifactDamaged when it could not be loaded.
    """
    manifest = json.loads((folder / MANIFEST).read_bytes())
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copytree(folder, temporary, copy_function=os.link, dirs_exist_ok=False)
    try:
        for name, value in changed.items():
            path = temporary / f"{name}.npy"
            path.unlink()  # it is a link: the artifact's own file stays as it is
            manifest["files"][name] = _write_array(path, value)
        text = json.dumps(manifest, sort_keys=True, indent=1, allow_nan=False).encode()
        (temporary / MANIFEST).unlink()
        _write_synced(temporary / MANIFEST, text)
        sync(temporary)
        sha256 = hashlib.sha256(text).hexdigest()
        load_artifact(temporary, sha256=sha256)
        temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync(target.parent)
    return sha256


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
    checksum, a shape or a number is not what was written, or its algorithm cannot be restored.
    """
    manifest = _read_manifest(folder, sha256)
    arrays = {name: _read_array(folder, name, facts) for name, facts in manifest["files"].items()}
    try:
        artifact = _restored(manifest, arrays)
        _try_scoring(artifact)
    except CANNOT_RESTORE as error:
        raise ArtifactDamaged(f"{folder.name}: cannot be restored: {error}") from error
    return artifact


def _restored(manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Artifact:
    item_ids = tuple(item_id.decode() for item_id in arrays["item_ids"])
    chosen = fitted_class(manifest["algorithm"])
    return Artifact(
        manifest=manifest,
        recommender=chosen.from_state(
            # Settings that the algorithm did not have when this was fitted are at their defaults.
            _beginning("state.", arrays),
            {**chosen.defaults, **manifest["settings"]},
        ),
        item_ids=item_ids,
        item_places={item_id: index for index, item_id in enumerate(item_ids)},
        unit_ids=arrays["unit_ids"],
        extras=_beginning("extra.", arrays),
    )


def _beginning(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> State:
    return {
        name.removeprefix(prefix): value
        for name, value in arrays.items()
        if name.startswith(prefix)
    }


def _try_scoring(artifact: Artifact) -> None:
    """Score an unknown unit and a known one; raises ValueError when no list could come of it."""
    units = np.arange(-1, min(len(artifact.unit_ids), 1))
    scores = artifact.recommender.score(Queries(units))
    if scores.shape != (len(units), len(artifact.item_ids)):
        raise ValueError(f"{scores.shape} scores for {len(artifact.item_ids)} items")
    if np.isinf(scores).any():
        raise ValueError("scores beyond what a number can hold")


def _read_manifest(folder: Path, sha256: str) -> dict[str, Any]:
    try:
        text = (folder / MANIFEST).read_bytes()
    except OSError:
        raise ArtifactMissing(f"{folder.name}: no manifest at this place") from None
    if hashlib.sha256(text).hexdigest() != sha256:
        raise ArtifactDamaged(f"{folder.name}: the manifest is not the one that was registered")
    manifest: dict[str, Any] = json.loads(text)
    if manifest.get("schema") != SCHEMA:
        raise ArtifactDamaged(f"{folder.name}: unknown schema {manifest.get('schema')!r}")
    return manifest


def _read_array(folder: Path, name: str, facts: Mapping[str, Any]) -> NDArray[Any]:
    path = folder / f"{name}.npy"
    try:
        if path.stat().st_size > MAX_BYTES or _sha256(path) != facts["sha256"]:
            raise ArtifactDamaged(f"{folder.name}: {path.name} is not what was written")
        # Not np.load: that opens archives too, and decides by the content which it is.
        value = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise ArtifactDamaged(f"{folder.name}: {path.name} is missing") from None
    except (OSError, ValueError) as error:
        raise ArtifactDamaged(f"{folder.name}: {path.name} cannot be read: {error}") from error
    if list(value.shape) != facts["shape"] or value.dtype.str != facts["dtype"]:
        raise ArtifactDamaged(f"{folder.name}: {path.name} has another shape or type")
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise ArtifactDamaged(f"{folder.name}: {path.name} holds numbers that are not finite")
    return value
