"""Writing a fitted algorithm as an artifact, with everything its manifest tells."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from recommenders.artifacts import save_artifact
from recommenders.drift import popularity_groups, profile, touches
from recommenders.extras import extras_of
from recommenders.gate.quality import Judgement
from recommenders.interactions import Dataset
from recommenders.models import Artifact
from recommenders.services.fitting import Fitted

GROUPS = "drift.groups"  # the extra array by which later interactions are told apart


def write_artifact(
    artifact: Artifact, dataset: Dataset, fitted: Fitted, judgement: Judgement
) -> None:
    """Write the files and let the row, unsaved, tell of them. Raises ArtifactDamaged, OSError."""
    groups = popularity_groups(dataset.data)
    facts = _facts(artifact, dataset, fitted, judgement)
    facts["profile"] = profile(touches(dataset.data, groups, dataset.category_ids)).document()
    folder = folder_for(artifact)
    artifact.sha256 = save_artifact(
        folder,
        algorithm=artifact.recommender.algorithm,
        settings=fitted.settings,
        recommender=fitted.algorithm,
        item_ids=dataset.item_ids,
        unit_ids=dataset.unit_ids,
        facts=facts,
        extras={**extras_of(dataset), GROUPS: groups},
    )
    artifact.path = str(folder.relative_to(settings.DATA_DIR))
    artifact.manifest = {
        **facts,
        "settings": fitted.settings,
        "n_items": len(dataset.item_ids),
        "n_units": len(dataset.unit_ids),
        "bytes": _size(folder),
    }
    artifact.metrics = facts["metrics"]


def folder_for(artifact: Artifact) -> Path:
    """Return where the files of an artifact are to be written."""
    parts = (str(artifact.site_id), artifact.recommender.key, artifact.version)
    return Path(settings.DATA_DIR).joinpath("artifacts", *parts)


def _facts(
    artifact: Artifact, dataset: Dataset, fitted: Fitted, judgement: Judgement
) -> dict[str, Any]:
    until = artifact.trained_until or timezone.now()
    ages = dataset.data.age_days
    since = until - timedelta(days=float(ages.max())) if len(ages) else until
    kind = type(fitted.algorithm)
    return {
        "name": artifact.full_name,
        "class": f"{kind.__module__}.{kind.__qualname__}",
        "code_version": settings.VERSION,
        "trained_from": since.isoformat(timespec="seconds"),
        "trained_until": until.isoformat(),
        "n_interactions": len(dataset.data.item),
        "ids_sha256": _ids_sha256(dataset),
        "fit_s": round(fitted.seconds, 3),
        "seed": artifact.recommender.seed,
        "started_from": fitted.started_from,
        "metrics": judgement.document(),
    }


def _ids_sha256(dataset: Dataset) -> str:
    """Return the hash of both id maps: artifacts that share it share every index."""
    hashed = hashlib.sha256()
    for ids in (dataset.item_ids, dataset.unit_ids):
        _feed(hashed, ids)
    return hashed.hexdigest()


def _feed(hashed: Any, ids: Iterable[str]) -> None:
    for each in ids:
        hashed.update(each.encode() + b"\n")
    hashed.update(b"\n")


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())
