"""Judging an artifact: offline before it is written, by its lists afterwards."""

import logging
import time
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from recommenders.artifacts import load_artifact
from recommenders.errors import ArtifactError, OutOfTime
from recommenders.gate.checks import Subject, checks
from recommenders.gate.examining import examine
from recommenders.gate.quality import BASELINE, Judgement, judge
from recommenders.interactions import Dataset
from recommenders.models import Artifact
from recommenders.selectors import holder_name
from recommenders.services.fitting import Fitted

log = logging.getLogger(__name__)


def judge_offline(artifact: Artifact, dataset: Dataset, fitted: Fitted) -> Judgement:
    """Return how the algorithm ranks later interactions; what fails here is told, not raised."""
    recommender = artifact.recommender
    try:
        return judge(recommender.algorithm, fitted.settings, dataset.data, seed=recommender.seed)
    except OutOfTime:
        raise
    except Exception as error:  # noqa: BLE001 - a plug-in may fail on part of the data in any way
        log.warning("artifact not judged name=%s: %s", artifact.full_name, error)
        return Judgement(f"it could not be judged: {type(error).__name__}: {error}"[:500])


def pass_gate(artifact: Artifact, judgement: Judgement) -> list[dict[str, Any]]:
    """Return the findings of every check, from the files as serving would open them.

    How long opening took is noted in the manifest of the row.
    """
    unloadable, seen = "", None
    began = time.perf_counter()
    try:
        opened = load_artifact(Path(settings.DATA_DIR) / artifact.path, sha256=artifact.sha256)
        load_ms = 1000 * (time.perf_counter() - began)
        artifact.manifest = {**artifact.manifest, "load_ms": round(load_ms, 1)}
        seen = examine(opened, rng=np.random.default_rng(artifact.recommender.seed))
    except ArtifactError as error:
        unloadable = str(error)
    except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way
        log.warning("artifact not examined name=%s: %s", artifact.full_name, error)
        unloadable = f"it gives no list: {type(error).__name__}: {error}"[:500]
    algorithm = artifact.recommender.algorithm
    subject = Subject(algorithm, unloadable, _behind(artifact), seen, judgement)
    return [each.document() for each in checks(subject, budget_ms=settings.RECOMMEND_BUDGET_MS)]


def _behind(artifact: Artifact) -> str:
    """Return who answers the units that this artifact does not know, "" for nobody."""
    fallback = artifact.recommender.fallback
    name = fallback.full_name if fallback else None
    return name or holder_name(artifact.site, BASELINE, "champion") or ""
