"""Artifacts in process memory: opened once, verified once, shared by every thread."""

import logging
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from experiments.clock import microseconds
from recommenders.artifacts import Artifact, load_artifact
from recommenders.base import Scores
from recommenders.cold import ColdItems, with_cold_items
from recommenders.errors import ArtifactError
from recommenders.state import BEFORE_SERVING, ArtifactSpec, ServingState, Shelf

log = logging.getLogger(__name__)

RETRY_S = 30.0  # a damaged artifact is not hashed again on every request


class Loaded:
    """An open artifact, and what serving works out of it once."""

    def __init__(self, artifact: Artifact, sha256: str) -> None:
        self.artifact, self.sha256 = artifact, sha256
        self._held: tuple[int, NDArray[np.bool_]] | None = None

    def allowed(self, shelf: Shelf) -> NDArray[np.bool_]:
        """Return the mask of the artifact's items that the shelf holds, shape (n_items,)."""
        held = self._held  # version and mask in one, as threads replace it beside each other
        if held is None or held[0] != shelf.version:
            item_ids = self.artifact.item_ids
            is_held = map(shelf.items.__contains__, item_ids)
            held = shelf.version, np.fromiter(is_held, np.bool_, len(item_ids))
            self._held = held
        return held[1]

    @cached_property
    def until_us(self) -> int:
        """Return the end of the data it was trained on, microseconds since 1970; 0 if untold."""
        told = self.artifact.manifest.get("trained_until")
        return microseconds(datetime.fromisoformat(told)) if told else 0

    @cached_property
    def content(self) -> csr_matrix | None:
        """Return the terms of its items, (n_items, n_terms), rows of length 1; None if untold."""
        extras = self.artifact.extras
        if "content.indptr" not in extras:
            return None
        parts = (np.asarray(extras[f"content.{part}"]) for part in ("data", "indices", "indptr"))
        return csr_matrix(tuple(parts))

    @cached_property
    def _segments(self) -> dict[str, int]:
        ids = self.artifact.extras.get("segment_ids", ())
        return {bytes(each).decode(): index for index, each in enumerate(ids)}

    def segments_of(self, attributes: Mapping[str, Any]) -> NDArray[np.int64] | None:
        """Return the index of the segment that attributes tell, shape (1,); None for none.

        Segments are called like `country=DE`.
        """
        if not self._segments:
            return None
        told = (self._segments.get(f"{name}={value}") for name, value in attributes.items())
        found = next((index for index in told if index is not None), None)
        return None if found is None else np.array([found], np.int64)

    @cached_property
    def _cold(self) -> ColdItems | None:
        extras = self.artifact.extras
        if "cold.items" not in extras:
            return None
        return ColdItems.from_state(extras, n_items=len(self.artifact.item_ids))

    def fit_of_cold(self, scores: Scores) -> dict[str, float]:
        """Return what new items would score by their content neighbours, by id; {} if untold.

        `scores`: of one unit, (n_items,).
        """
        cold = self._cold
        if cold is None:
            return {}
        filled = with_cold_items(scores[None, :], cold)[0]
        item_ids, places = self.artifact.item_ids, cold.items.tolist()
        fits = zip(places, filled[cold.items].tolist(), strict=True)
        return {item_ids[place]: fit for place, fit in fits if fit == fit}


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
        self._open[key] = Loaded(artifact, spec.sha256)
        return self._open[key]

    def opened(self, site_id: int, spec: ArtifactSpec) -> Loaded | None:
        """Return an artifact if it is open here."""
        return self._open.get((site_id, spec.name, spec.sha256))

    def make_ready(self, state: ServingState) -> None:
        """Open what a new state serves before it does, so that no request waits for it.

        That is the champions of the recommenders whose artifacts are in use here.
        """
        used = {(site_id, name.partition("@")[0]) for site_id, name, _sha in list(self._open)}
        for (site_id, key), recommender in state.recommenders.items():
            spec = state.artifacts.get((site_id, recommender.champion or ""))
            if spec is None or (site_id, key) not in used:
                continue
            try:
                self.get(site_id, spec).allowed(state.shelves[site_id])
            except (ArtifactError, KeyError):  # logged where it was found; a fallback answers
                continue

    def forget(self) -> None:
        """Close everything, so that the next use loads it again."""
        with self._lock:
            self._open.clear()
            self._failed.clear()


cache = ArtifactCache()
BEFORE_SERVING.append(cache.make_ready)
