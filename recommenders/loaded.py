"""Artifacts in process memory: opened once, verified once, shared by every thread."""

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from recommenders.artifacts import Artifact, load_artifact
from recommenders.errors import ArtifactError
from recommenders.state import ArtifactSpec, Shelf

log = logging.getLogger(__name__)

RETRY_S = 30.0  # a damaged artifact is not hashed again on every request


@dataclass(slots=True)
class Loaded:
    """An open artifact and which of its items may be shown, by catalogue version."""

    artifact: Artifact
    _shown: tuple[int, NDArray[np.bool_]] | None = None

    def allowed(self, shelf: Shelf) -> NDArray[np.bool_]:
        """Return the mask of the artifact's items that the shelf holds, shape (n_items,)."""
        shown = self._shown  # version and mask in one, as threads replace it beside each other
        if shown is None or shown[0] != shelf.version:
            held = (item_id in shelf.items for item_id in self.artifact.item_ids)
            shown = shelf.version, np.fromiter(held, np.bool_, len(self.artifact.item_ids))
            self._shown = shown
        return shown[1]


class ArtifactCache:
    """Opens artifacts on first use; a failure is remembered for a while."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, str, str], Loaded] = {}
        self._failed: dict[tuple[int, str, str], tuple[float, ArtifactError]] = {}
        self._lock = threading.Lock()

    def get(self, site_id: int, spec: ArtifactSpec) -> Loaded:
        """Return the open artifact; raises ArtifactError when it is missing or damaged."""
        key = (site_id, spec.name, spec.sha256)
        if found := self._open.get(key):
            return found
        with self._lock:
            return self._open.get(key) or self._load(key, spec)

    def _load(self, key: tuple[int, str, str], spec: ArtifactSpec) -> Loaded:
        failed = self._failed.get(key)
        if failed and time.monotonic() - failed[0] < RETRY_S:
            raise failed[1]
        try:
            artifact = load_artifact(Path(settings.DATA_DIR) / spec.path, sha256=spec.sha256)
        except ArtifactError as error:
            log.error("artifact not loaded name=%s: %s", spec.name, error)
            self._failed[key] = (time.monotonic(), error)
            raise
        # Written anew without an erased unit, an artifact keeps its name: the old one is let go.
        for known in [known for known in self._open if known[:2] == key[:2]]:
            del self._open[known]
        self._open[key] = Loaded(artifact)
        return self._open[key]

    def forget(self) -> None:
        """Close everything, so that the next use loads it again."""
        with self._lock:
            self._open.clear()
            self._failed.clear()


cache = ArtifactCache()
