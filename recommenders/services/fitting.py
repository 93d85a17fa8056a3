"""Fitting: a site's interactions become arrays, an algorithm learns from them."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from django.conf import settings
from django.utils import timezone

from experiments.clock import microseconds
from recommenders import selectors
from recommenders.artifacts import load_artifact
from recommenders.base import Recommender as Algorithm
from recommenders.base import Resumable, checked_settings
from recommenders.errors import ArtifactError, TrainingError
from recommenders.interactions import Dataset, build_dataset
from recommenders.models import Artifact
from recommenders.registry import make, recommender_class

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted algorithm with its complete settings; `started_from`: what it learned on from."""

    algorithm: Algorithm
    settings: dict[str, Any]
    seconds: float
    started_from: str = ""


def read_dataset(artifact: Artifact) -> Dataset:
    """Return what the site's shoppers did before the artifact's moment, as arrays with id maps."""
    until = artifact.trained_until or timezone.now()
    dataset = build_dataset(
        selectors.interactions(
            artifact.site, until=until, segment_by=str(_settings(artifact).get("segment_by", ""))
        ),
        selectors.item_features(artifact.site),
        now_us=microseconds(until),
    )
    if not dataset.item_ids:
        raise TrainingError("the site has no items", hint="Import or upsert the catalogue first.")
    return dataset


def fit(artifact: Artifact, dataset: Dataset) -> Fitted:
    """Return the algorithm fitted on the data, from the beginning or on from an earlier one."""
    recommender = artifact.recommender
    complete = _settings(artifact)
    began = time.perf_counter()
    resumed = _resumed(artifact, complete, dataset) if artifact.started_from else None
    fitted = resumed or make(recommender.algorithm, complete).fit(
        dataset.data, rng=rng_of(artifact)
    )
    name = artifact.started_from.full_name if resumed and artifact.started_from else ""
    return Fitted(fitted, complete, time.perf_counter() - began, name)


def _settings(artifact: Artifact) -> dict[str, Any]:
    recommender = artifact.recommender
    return checked_settings(recommender.settings, recommender_class(recommender.algorithm).defaults)


def rng_of(artifact: Artifact) -> np.random.Generator:
    """Return the chance that the recommender's seed gives, the same for every training."""
    return np.random.default_rng(artifact.recommender.seed)


def _resumed(artifact: Artifact, complete: dict[str, Any], dataset: Dataset) -> Algorithm | None:
    """Return the algorithm that learned on from the earlier artifact, None where that is lost."""
    earlier = artifact.started_from
    if earlier is None:
        return None
    try:
        previous = load_artifact(Path(settings.DATA_DIR) / earlier.path, sha256=earlier.sha256)
    except ArtifactError as error:
        log.warning("not learned on from %s: %s", earlier.full_name, error)
        return None
    resumable = cast(Resumable, make(artifact.recommender.algorithm, complete))
    learned = resumable.fit_partial(
        dataset.data,
        previous=previous.recommender.state(),
        units=np.array([previous.unit_index(each) for each in dataset.unit_ids], np.int64),
        items=np.array([previous.item_index(each) for each in dataset.item_ids], np.int64),
        rng=rng_of(artifact),
    )
    return cast(Algorithm, learned)
